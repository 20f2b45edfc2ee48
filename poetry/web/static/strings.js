// Every word of the page, as key:Chinese|English.

const read = (rows) => Object.fromEntries(rows.split("\n").map((row) => row.split(/:(.*)/)));

const WORDS = read(`name:写诗|Verse
compose:作诗|Compose
check:验诗|Check
vertical:竖排|Vertical
horizontal:横排|Horizontal
toOther:English|中文
tones:平仄|Tones
heat:出奇|Surprise
undo:撤销|Undo
edit:修改|Edit
share:分享|Share
revise:余者重作|Compose the rest anew
form:体裁|Form
own-form:体裁|Form
free:不拘|free
ci:词|词 ci
couplets:对联|对联 couplet
tune:词牌|Tune
couplet:上联（五至十二字）|First line of the couplet (5–12 characters)
example:如：|e.g. 
lacks:请填{name}|Fill in: {name}
start:首句（可数句）|First line or lines
acrostic:藏头|Acrostic
rhyme:韵|Rhyme
any:不限|any
temperature:奇险（左稳右奇）|Boldness
many:几首|How many
one:一首|one
five:五首|five
four:奇险四档各一|at four levels of boldness
theme:题（一至四个词，空格隔开）|Theme: one to four words
prefix:意境（给几句诗作引，不入诗）|Mood: verse to set the tone (not printed)
go:落笔|Compose
stop:停|Stop
wait:稍候……|One moment …
text:你的诗|Your verse
textHint:边写边验|Checked as you type
checkHelp:点一字看缘由或锁之；？ 为空字。|Press a character to ask why, or lock it; ？ is a gap.
history:箧中旧稿|Earlier poems
kept:只存在此浏览器中。|Kept in this browser only.
clear:清空|Clear
cleared:已清空，可撤销|Cleared; undo brings it back
texture:宣纸纹|Paper texture
save:存图|Save picture
copy-text:抄录文字|Copy text
copy-link:抄录链接|Copy link
copied:已抄录|Copied
copyFailed:浏览器不允许抄录|The browser would not copy
close:关闭|Close
empty:择一体，落一笔|Choose a form, and compose
busy:客满，{n} 秒后再问|Busy; asking again in {n} s
unreachable:连不上服务器|The server does not answer
stopped:已停|Stopped
rhymesIn:押{group}韵|rhyme {group}
noFault:合律|no fault
faults:{n} 处不合|faults: {n}
notRegulated:非近体|not regulated
wujue:五言四句|4 lines of 5
qijue:七言四句|4 lines of 7
wulu:五言八句|8 lines of 5
qilu:七言八句|8 lines of 7
holdTo:按{form}验|Check it as {form}
fillGaps:补空|Fill the gaps
themeIs:题 {theme}|theme {theme}
seedIs:种子 {n}|seed {n}
otherModel:出自另一模型，诗或不同|From another model: it may differ
lineN:第{n}句|line {n}
placeN:第{line}句第{n}字|line {line}, character {n}
P:平|level
Z:仄|oblique
*:平仄两读|level or oblique
?:读音不详|reading unknown
wants:此处宜{tone}|{tone} wanted here
rhymeHere:韵脚，{group}韵|rhymes, group {group}
given:所给之字|given
wrong:有误|at fault
nats:出奇 {n}|surprise {n} nats
lockLine:锁定第{n}句|Lock line {n}
lock:锁此字|Lock it
unlock:解锁|Unlock it
unlockLine:此句解锁|Unlock its line
noOther:没有别的字可换|No other was found
another:换一字|Another one
whyTitle:为何是「{character}」|Why {character}
rank:在模型心中居第 {n}|the model's choice number {n}
nth:第 {n}|no. {n}
took:格律划去或压低 {n}%|the rules struck out or held back {n} %
repetition:重字
no repetition:重字
new lines:旧句
parallelism:对仗
legend:中：平仄两读　朱圈为韵　波线为病|平 level　仄 oblique　中 either　red circle: rhyme　wavy: at fault
legendHeat:色愈浓，模型愈觉意外|the deeper the colour, the less expected
receiptNew:新句：{n} 句皆不见于{where}|New: none of its {n} lines is {where}
receiptOld:{n} 句见于{where}|Lines {where}: {n}
older:旧作|in older verse
read:模型所读之诗|among the lines that the model has read
isNew:新|new
isKnown:旧有|known
nearest:近于「{line}」{author}《{title}》，差 {n} 字|nearest: {line}, {author}《{title}》, {n} off
can:可改用：|These forms fit: 
breaks:所给之字不合律，仍予保留：|Kept as you gave it, though it breaks a rule:
model:模型 {name}，困惑度 {n}|Model {name}, perplexity {n}`);

// What faults mean; in English where the details do not say it.
const RULES = read(`体裁:句数或字数不合此体
失律:此字平仄不合
孤平:除韵脚外只剩一平|one level tone beside the rhyme
三平尾:句末三字皆平|three level tones at the end
失对:一联两句，相对之处平仄应相反
失粘:邻联两句，第二字平仄应相同
出韵:韵脚不在本诗韵部
重韵:同一韵字用了两次
字数:字数不合
叠句:此处应重复前文
断句:断句不合谱
借韵:首句借邻韵，可|line 1 may rhyme in a neighbouring group
拗救:拗而有救，可|a wrong tone that another one makes up for
三仄尾:句末三仄，唐人不避|three oblique tones at the end, as the Tang allowed
平读:此处须读平声
仄读:此处须读仄声
对仗:对仗之工|how parallel the couplet is
句式:句长不齐
邻韵:押邻韵，宋人常用|a neighbouring group, as in the Song
变体:非此调最常见之体|not the commonest variant of the tune`);

let language = 0;
let forms = {}; // the traditional form of each character, where Chinese is shown so

/** Speak it from now on; the server, which is asked in the language of the page, does too. */
export function setLanguage(name, pairs = "") {
	language = name === "zh" ? 0 : 1;
	forms = Object.fromEntries((pairs.match(/../g) ?? []).map((each) => [...each]));
	document.documentElement.lang = language ? "en" : pairs ? "zh-Hant" : "zh-Hans";
}

/** Chinese words in the script that is chosen. */
export const inScript = (text) => text.replace(/[一-鿿]/g, (each) => forms[each] ?? each);

export function t(key, values = {}) {
	const words = (WORDS[key] ?? RULES[key])?.split("|")[language] ?? key;
	return inScript(words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole));
}

export function translate() {
	document.title = t("name");
	for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t || node.id);
	for (const node of document.querySelectorAll("[data-example]")) node.placeholder = t("example") + t(node.dataset.example);
	for (const node of document.querySelectorAll("[data-title]")) node.title = t(node.dataset.title);
}

// A poem on the sheet: characters that can be walked through, locked and asked about.

import { h } from "./dom.js";
import { t } from "./strings.js";

const MOST_SURPRISE = 9; // nats that have the deepest colour
export const PAUSE = "、"; // within a line
const LONG = 10; // lines; what is longer, or uneven, runs on like prose
const TONES = { P: "平", Z: "仄", "*": "中" };
const MOVES = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

export const place = (line, position) => `${line}:${position}`;
export const textOf = (card) => card.lines.map((line) => line.text + line.mark).join("");

/** The places of an item that were given, not composed; those that a revision kept are not. */
export function givenOf(item) {
	const places = item?.card.lines.map((line, ix) => line.characters.map((each, jx) => each.given && place(ix + 1, jx + 1)));
	return item?.given ?? (item?.body.text ? [] : (places ?? []).flat().filter(Boolean));
}

/** The heads of the lines where all are given and there is room for them, else 诗. */
export function sealOf(card, given, traditional) {
	const heads = card?.lines.map(({ text }) => [...text][0]) ?? [];
	return heads.length < 5 && heads[1] && heads.every((_, ix) => given.includes(place(ix + 1, 1))) ? heads.join("") : traditional ? "詩" : "诗";
}

export const flows = ({ lines }) =>
	lines.length > LONG || lines[0].characters.length > 16 || lines.some(({ characters }) => characters.length !== lines[0].characters.length);

const isOff = ({ tones, wanted }) => "PZ".includes(tones) && "PZ".includes(wanted) && tones !== wanted;

/** What there is to say of a character. */
export const factsOf = (each) => [
	t(each.tones),
	isOff(each) && t("wants", { tone: t(each.wanted) }),
	each.rhymes && t("rhymeHere", { group: each.group ?? "" }),
	each.given && t("given"),
];

export function draw(sheet, card, view) {
	view.wrong = new Set(card.faults.map((fault) => place(fault.line, fault.position)));
	const poem = h(`div.poem.${flows(card) ? "flow" : `lines-${card.lines.length}`}`, {
		role: "grid",
		lang: view.traditional ? "zh-Hant" : "zh-Hans",
		"aria-label": textOf(card),
	});
	let done = 0;
	const rows = (count) => card.lines.slice(done, done + count).map((line) => row(line, ++done, view));
	poem.append(
		h("p.title", { "aria-hidden": "true" }, view.title),
		...card.stanzas.map((count) => h("div.stanza", { role: "rowgroup" }, rows(count))),
		h(`div.seal.of-${view.seal.length}`, { "aria-hidden": "true", lang: "zh" }, h("b", view.seal)),
	);
	sheet.replaceChildren(poem);
	poem.querySelector(".character").tabIndex = 0;
	poem.addEventListener("keydown", (event) => walk(event, poem, view.direction));
}

function row(line, number, view) {
	const isWhole = line.characters.every((_, ix) => view.locks.has(place(number, ix + 1)));
	const lock = cell("lock", number, 0, t("lockLine", { n: number }), isWhole, () => view.locked(number, 0));
	lock.append("定");
	const last = line.characters.length;
	const characters = line.characters.map((each, ix) => {
		const found = character(each, number, ix + 1, view);
		const mark = ix + 1 === last ? line.mark : each.pause && PAUSE;
		return mark ? h("span.tail", found, h("span.mark", { "aria-hidden": "true" }, mark)) : found; // no line begins with a mark
	});
	return h(`div.line${isWhole ? ".whole" : ""}`, { role: "row" }, lock, characters);
}

const cell = (kind, line, position, label, selected, onclick) =>
	h(`button.${kind}`, {
		role: "gridcell",
		tabindex: -1,
		"data-at": place(line, position),
		"aria-label": label,
		"aria-selected": String(selected),
		onclick,
	});

function character(each, line, position, view) {
	const at = place(line, position);
	const locked = view.locks.has(at);
	const is = { rhyme: each.rhymes, given: view.given.includes(at), locked, wrong: view.wrong.has(at) };
	const heat = view.heat ? each.surprise : null;
	const said = [
		each.character,
		...factsOf({ ...each, given: is.given }).slice(view.tones ? 0 : 1),
		is.wrong && t("wrong"),
		heat != null && t("nats", { n: heat.toFixed(1) }),
	];
	const kinds = ["character", ...Object.keys(is).filter((name) => is[name])].join(".");
	const label = said.filter(Boolean).join(", ");
	const node = cell(kinds, line, position, label, locked, () => view.asked(line, position, node));
	node.append(h("span.glyph", each.character));
	if (view.tones) node.append(h("span.tone", { "data-is": each.tones }, TONES[each.tones] ?? "？"));
	if (heat != null) node.style.setProperty("--heat", `${Math.min(heat / MOST_SURPRISE, 1) * 55}%`);
	return node;
}

function walk(event, poem, direction) {
	const [line, position] = event.target.dataset.at.split(":").map(Number);
	const [right, down] = MOVES[event.key] ?? [];
	if (right == null) return;
	event.preventDefault();
	if (direction === "vertical") focus(poem, line - right, position + down);
	else focus(poem, line + down, position + right);
}

export function focus(poem, line, position) {
	const flows = poem.querySelector(".flow") || poem.matches(".flow");
	let found;
	const least = flows ? 1 : 0; // where lines run on there are no locks
	for (let at = position; !found && at >= least; at--) found = poem.querySelector(`[data-at="${place(line, at)}"]`);
	if (!found) return;
	poem.querySelector("[tabindex='0']").tabIndex = -1;
	found.tabIndex = 0;
	found.focus();
}

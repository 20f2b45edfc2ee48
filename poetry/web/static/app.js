// The page: what is asked, composed, locked and checked.

import { Refused, get, post, stream } from "./api.js";
import * as ask from "./ask.js";
import { Desk, keep, load, toggled } from "./desk.js";
import { $, debounced } from "./dom.js";
import { PAUSE, givenOf, place, sealOf, textOf } from "./poem.js";
import { copy, linkOf, paint, readLink, save } from "./share.js";
import { setLanguage, t, translate } from "./strings.js";
import { isFree, nameOf, show, verdict } from "./view.js";
import { explain } from "./why.js";

const TEMPERATURES = [0.3, 0.4, 0.7, 1];
const CHOICES = { // the first of each is the usual one
	language: navigator.language.startsWith("zh") ? ["zh", "en"] : ["en", "zh"],
	direction: ["vertical", "horizontal"],
	script: /^zh-(TW|HK|MO|Hant)/i.test(navigator.language) ? ["traditional", "simplified"] : ["simplified", "traditional"],
	view: ["compose", "check"],
	tones: [false, true],
	heat: [false, true],
};

const kept = load("settings", {});
const chosen = ([name, choices]) => [name, choices.find((each) => each === kept[name]) ?? choices[0]];
const state = {
	desk: new Desk(),
	settings: Object.fromEntries(Object.entries(CHOICES).map(chosen)),
	info: { forms: [], tunes: [], rhymes: [], model: {} },
	report: null, // on one's own verse
	ownLocks: new Set(),
	working: null, // what stops the composing that is under way
	from: "", // the view that it was asked in
	get isChecking() {
		return this.settings.view === "check";
	},
	get card() {
		return this.isChecking ? this.report : this.desk.item?.card;
	},
	get locks() {
		return this.isChecking ? this.ownLocks : this.desk.locks;
	},
	get given() {
		return this.isChecking ? [] : givenOf(this.desk.item);
	},
	get seal() {
		return sealOf(this.card, this.given, (this.isChecking ? this.card : this.desk.item?.body)?.traditional);
	},
	get title() {
		return this.card?.title || nameOf(this.card);
	},
};
const { desk, settings } = state;
let heated; // the card whose surprise was asked for
let held; // the form that one's own verse is checked as at the page's offer
let checked; // the text and form that the locks on one's own verse are of

const isTraditional = () => settings.script === "traditional";
const script = () => (isTraditional() || (state.isChecking && state.report?.traditional)) && { traditional: true };
const acts = {
	asked,
	locked,
	choose: (chosen) => put(altered({ chosen })),
	open: (at) => put({ at }),
	fill: () => revised({ ...ownForm(), ...script(), text: $("text").value }),
	hold(form) {
		$("own-form").value = held = form;
		check();
	},
};

function draw() {
	show(state, acts);
	surprise();
}

function say(text, spoken = "") {
	$("status").textContent = text;
	$("spoken").textContent = spoken;
}

function set(name, value) {
	settings[name] = value;
	keep("settings", settings);
}

/** The items and notes that a request is answered with. */
async function composed(path, body, num, given) {
	const items = [];
	let last;
	let lines = "";
	const hear = (event, data) => {
		if (event === "poem") items.push({ path, number: data.number, card: data, given });
		else if (event === "done") last = data;
		else if (event === "line" && !data.poem) say((lines += data.text));
		else if (event === "progress" && data.of) $("progress").value = data.done / data.of;
	};
	await stream(path, { ...body, num }, hear, (n) => say(t("busy", { n })), state.working.signal);
	const ranked = (body.couplet ?? body.text) && { num }; // which come first depends on how many do
	for (const item of items) item.body = { ...body, ...ranked, seed: last.seed };
	return { items, notes: last.notes };
}

async function work(task) {
	if (state.working) return;
	state.working = new AbortController();
	state.from = settings.view;
	ask.clear();
	say(t("wait"));
	$("progress").value = 0;
	draw();
	try {
		await task();
	} catch (error) {
		const words = state.working.signal.aborted ? t("stopped") : t(error.message);
		const stands = error.option && !state.isChecking && ask.fail(error.option, words);
		say(stands ? "" : words);
		if (!state.working.signal.aborted && !(error instanceof Refused)) throw error;
	} finally {
		state.working.abort(); // what was asked for beside what was refused
		state.working = null;
		draw();
	}
}

function compose() {
	const body = { ...ask.read(), ...script() };
	const num = ask.many();
	if (ask.lacks()) return;
	work(async () => {
		if (num !== "temperatures") return finish(await composed("v1/poems", body, Number(num)));
		const seed = Math.floor(Math.random() * 2 ** 32);
		const one = (temperature) => composed("v1/poems", { ...body, temperature, seed }, 1);
		const all = await Promise.all(TEMPERATURES.map(one));
		finish({ items: all.flatMap(({ items }) => items), notes: all[0].notes });
	});
}

function finish({ items, notes }) {
	desk.add(items);
	taken(notes);
}

function taken(notes = []) {
	const stays = state.working && state.from !== settings.view; // busy with something else by now
	if (!stays) set("view", "compose");
	history.replaceState(null, "", address());
	say(notes.filter((note) => !desk.item?.card.notes.includes(note)).join(" "), desk.item ? textOf(desk.item.card) : "");
	draw();
	if (!stays) $("sheet").scrollIntoView({ block: "nearest" });
}

const address = () => (desk.item ? linkOf(desk.item) : "#");

function put(next) {
	desk.change({ locks: new Set(), ...next });
	taken();
}

const altered = (changed, at = desk.at) => ({ entries: desk.entries.with(at, { ...desk.entries[at], ...changed }) });

async function again({ path, body: { num, ...body }, number, given }) {
	const { items } = await composed(path, body, num ?? number + 1, given);
	return items.find((item) => item.number === number) ?? items.at(-1);
}

function revise(anew) {
	const given = state.given.filter((at) => at !== anew);
	const kept = (at) => (anew ? at !== anew : state.locks.has(at) || given.includes(at));
	const lines = state.card.lines.map(({ characters, mark }, ix) => {
		const text = characters.map(({ character, pause }, jx) => (kept(place(ix + 1, jx + 1)) ? character : "？") + (pause ? PAUSE : ""));
		return text.join("") + (isFree(state.card) ? mark.replace("？", "。") : mark); // ？ may ask for a character
	});
	revised({ ...askedOf(), text: lines.join("") }, textOf(state.card), given);
}

/** Fill the gaps of a text in another way than `before`. */
function revised(body, before, given) {
	work(async () => {
		for (const num of [2, 8]) {
			const { items, notes } = await composed("v1/revise", body, num, given);
			const other = items.find((item) => textOf(item.card) !== before);
			if (other) return finish({ items: [other], notes });
		}
		say(t("noOther"));
	});
}

function ownForm() {
	const form = $("own-form").value.trim();
	return form && { form };
}

/** What is asked of a poem that exists, a theme drawn too. */
function askedOf() {
	if (state.isChecking) return { form: state.report.form ?? "free", ...script() };
	const { start, acrostic, couplet, num, seed, text, ...options } = desk.item.body;
	return { theme: state.card.asked?.theme, ...options };
}

async function openLink() {
	const link = readLink(location.hash);
	if (!link || address() === location.hash) return;
	const at = desk.entries.findIndex((entry) => linkOf(entry.items[entry.chosen]) === location.hash);
	if (at >= 0) return put({ at });
	set("script", link.body.traditional ? "traditional" : "simplified");
	words();
	ask.fill(link.body);
	await work(async () => {
		const item = await again(link);
		const isOther = link.model && !item.card.model?.startsWith(link.model);
		finish({ items: [item], notes: isOther ? [t("otherModel")] : [] });
	});
}

const check = debounced(async (signal) => {
	const text = $("text").value;
	const body = { text, ...ownForm() };
	const asks = JSON.stringify(body);
	keep("text", text);
	for (const name of ["text", "own-form"]) $(`error-${name}`).textContent = "";
	if (asks !== checked) state.ownLocks = new Set();
	checked = asks;
	try {
		state.report = text.trim() ? await post("v1/check", body, signal) : null;
		if (state.report && state.isChecking) say("", verdict(state.report));
	} catch (error) {
		if (signal.aborted) return;
		state.report = null; // not of what is written now
		if (error.option === "form" && held === $("own-form").value) {
			$("own-form").value = held = ""; // it was of other verse
			return check();
		}
		if (error.message === "unreachable") setTimeout(check, 3000);
		$(error.option === "form" ? "error-own-form" : "error-text").textContent = t(error.message);
	}
	draw();
}, 350);

async function surprise() {
	const one = state.card;
	if (!settings.heat || !one || one.gaps || one === heated) return;
	heated = one;
	const found = await post("v1/check", { text: textOf(one), surprise: true }).catch(() => null);
	one.lines.forEach((line, ix) =>
		line.characters.forEach((each, jx) => (each.surprise = found?.lines[ix]?.characters[jx]?.surprise)),
	);
	if (found && one === state.card) show(state, acts);
	if (!found) say(t("unreachable"), (heated = undefined));
}

const placesOf = (line) => state.card.lines[line - 1].characters.map((_, ix) => place(line, ix + 1));

function locked(line, position) {
	const locks = toggled(state.locks, position ? [place(line, position)] : placesOf(line));
	if (state.isChecking) state.ownLocks = locks;
	else desk.change({ locks });
	draw();
}

function asked(line, position, node) {
	const at = place(line, position);
	const isWhole = placesOf(line).every((each) => state.locks.has(each));
	const body = { ...askedOf(), text: textOf(state.card), line, position };
	const each = { ...state.card.lines[line - 1].characters[position - 1], given: state.given.includes(at) };
	explain(node, each, body, [
		[t(state.locks.has(at) ? "unlock" : "lock"), () => locked(line, position)],
		[t(isWhole ? "unlockLine" : "lockLine", { n: line }), () => locked(line, 0)],
		[t("another"), () => revise(at)],
	]);
}

function words() {
	setLanguage(settings.language, isTraditional() ? state.info.traditional : "");
	translate();
	ask.arrange();
	const { name, perplexity } = state.info.model;
	$("model").textContent = name ? t("model", { name, n: perplexity?.toFixed(1) }) : "";
	draw();
}

function turnScript() {
	turn("script");
	const old = desk.item;
	if (!old || state.isChecking) return;
	work(async () => {
		const item = await again({ ...old, body: { ...old.body, traditional: isTraditional() } }).catch((error) => {
			turn("script");
			throw error;
		});
		const at = desk.entries.findIndex(({ items }) => items.includes(old));
		if (at < 0) return say(""); // it was cleared meanwhile
		put(altered({ items: desk.entries[at].items.map((each) => (each === old ? item : each)) }, at));
	});
}

function picture() {
	const { card, seal, title } = state;
	paint($("picture"), card, { ...settings, seal, title, texture: $("texture").checked });
}

function turn(name) {
	const [first, second] = CHOICES[name];
	set(name, settings[name] === first ? second : first);
	if (["language", "script"].includes(name)) words();
	else draw();
	if (state.isChecking && ["view", "language"].includes(name)) check();
}

function listen() {
	const press = {
		script: turnScript,
		compose: () => state.isChecking && turn("view"),
		check: () => state.isChecking || turn("view"),
		undo() {
			desk.undo();
			taken();
		},
		revise: () => revise(),
		edit() {
			const text = textOf(state.card);
			turn("view");
			$("text").select();
			if (document.execCommand("insertText", false, text)) return; // Ctrl-Z brings back what stood there
			$("text").value = text;
			check();
		},
		clear() {
			put({ entries: [], at: -1 });
			say(t("cleared"));
		},
		share() {
			$("copied").textContent = "";
			$("copy-link").hidden = state.isChecking;
			picture();
			$("sharing").showModal();
		},
		texture: picture,
		save: () => save($("picture"), state.card.lines[0].text),
		"copy-text": () => copy(state.card.text ?? textOf(state.card)),
		"copy-link": () => copy(new URL(address(), location).href),
		close: () => $("sharing").close(),
	};
	for (const [name, action] of Object.entries(press)) $(name).onclick = action;
	for (const name of ["direction", "language", "tones", "heat"]) $(name).onclick = () => turn(name);
	$("ask").onsubmit = (event) => {
		event.preventDefault();
		if (!state.working) compose();
		else if (!document.activeElement.matches("#ask input")) state.working.abort(); // Enter in a field stops nothing
	};
	$("checking").oninput = check;
	addEventListener("hashchange", openLink);
	addEventListener("storage", ({ key }) => {
		if (key === "poetry.entries") draw(desk.refresh());
	});
}

/** What the page must know, once the server can tell it. */
async function info() {
	for (;;) {
		try {
			return await get("v1/info");
		} catch (error) {
			say(t(error.message));
			await new Promise((resolve) => setTimeout(resolve, 2000));
		}
	}
}

async function begin() {
	setLanguage(settings.language);
	translate();
	say(t("wait"));
	state.info = await info();
	ask.setup(state.info);
	$("text").value = load("text", "");
	listen();
	words();
	say("");
	if (state.isChecking) check();
	if (desk.item) ask.fill(desk.item.body);
	if (!readLink(location.hash)) history.replaceState(null, "", address());
	await openLink();
	document.body.classList.add("ready");
}

begin();

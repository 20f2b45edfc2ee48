// What lies on the desk, shown: the sheet, what is said about it, other drafts, older poems.

import { post } from "./api.js";
import { $, h, joined, newest } from "./dom.js";
import { draw, focus, place } from "./poem.js";
import { inScript, t } from "./strings.js";

const nextReceipt = newest();
let receiptOf = []; // the card whose receipt is shown, and in what language

export const isFree = (card) => (card?.form ?? "free") === "free";
const isOld = (card) => card.regulated === false && /^[wq].*[eu]$/.test(card.form) && !card.faults.length;

export const nameOf = (card) => (isFree(card) ? t("free") : isOld(card) ? t(card.form) : inScript(card?.form_name));

export function verdict(card) {
	let judged = card.faults.length && t("faults", { n: card.faults.length });
	if (!judged && !isFree(card)) judged = t(isOld(card) ? "notRegulated" : "noFault");
	return joined([nameOf(card), card.rhyme && t("rhymesIn", { group: card.rhyme }), judged]);
}

export function show(state, acts) {
	const { settings, card, isChecking, working, desk } = state;
	const marked = settings.tones || isChecking;
	for (const view of ["compose", "check"]) $(view).ariaCurrent = view === settings.view ? "page" : null;
	$("ask").hidden = isChecking;
	$("checking").hidden = !isChecking;
	$("sheet").ariaBusy = String(Boolean(working));
	$("progress").style.visibility = working ? "" : "hidden";
	$("go").textContent = t(working ? "stop" : "go");
	$("script").textContent = settings.script === "traditional" ? "简体" : "繁體";
	$("direction").textContent = t(settings.direction === "vertical" ? "horizontal" : "vertical");
	$("language").textContent = t("toOther");
	$("tones").hidden = isChecking; // they are shown there
	for (const name of ["tones", "heat"]) $(name).ariaPressed = String(settings[name]);
	$("script").disabled = working;
	$("undo").disabled = isChecking || !desk.canUndo;
	$("edit").hidden = isChecking || !card;
	$("share").disabled = !card;
	const size = card?.lines.flatMap(({ characters }) => characters).length;
	$("revise").disabled = working;
	$("revise").hidden = [0, size].includes(state.locks.size);
	$("legend").textContent = card ? joined([marked && t("legend"), settings.heat && t("legendHeat")]) : "";
	showPoem(state, marked, acts);
	const items = isChecking ? [] : (desk.entry?.items ?? []);
	$("strip").replaceChildren(...(items.length > 1 ? items.map((item, ix) => draft(item, ix, state, acts)) : []));
	const rows = desk.entries.map((entry, at) => h("li", older(entry, at, desk, acts)));
	$("history").querySelector("ol").replaceChildren(...rows.reverse());
	$("history").hidden = !rows.length;
	const shown = isChecking ? null : card;
	if (receiptOf[0] !== shown) $("why").hidePopover(); // it speaks of a poem that is gone
	if (receiptOf[0] !== shown || receiptOf[1] !== settings.language) showReceipt(shown, state.given);
	receiptOf = [shown, settings.language];
}

function showPoem({ settings, card, isChecking, locks, given, seal, title, desk }, tones, acts) {
	const at = document.activeElement?.dataset.at;
	const theme = card?.asked?.theme;
	$("sheet").className = `${settings.direction}${card ? "" : " blank"}`;
	if (!card) $("sheet").replaceChildren(h("p", t(isChecking ? "textHint" : "empty")));
	else {
		const { traditional } = isChecking ? card : desk.item.body;
		draw($("sheet"), card, { ...settings, tones, locks, given, seal, traditional, title: !isChecking && title, ...acts });
	}
	if (card && at) focus($("sheet"), ...at.split(":").map(Number));
	$("caption").textContent = card ? joined([verdict(card), theme && t("themeIs", { theme }), card.seed != null && t("seedIs", { n: card.seed })]) : "";
	const offer = (words, onclick) => h("li", h("button", { onclick }, words));
	const faults = card?.faults.map((fault) => said(fault, "li.fault")) ?? [];
	const notes = card?.notes.map((note) => said(note, "li")) ?? [];
	if (isChecking && card && isOld(card)) faults.unshift(offer(t("holdTo", { form: card.form_name }), () => acts.hold(inScript(card.form_name))));
	if (card?.gaps) faults.unshift(offer(t("fillGaps"), acts.fill));
	$("faults").replaceChildren(...faults, ...notes);
}

function said(fault, tag) {
	if (typeof fault === "string") return h(tag, inScript(fault));
	const { name, line, position, detail } = fault;
	const where = position ? t("placeN", { line, n: position }) : t("lineN", { n: line });
	const onclick = () => focus($("sheet"), line, position || 1);
	const [shown, said] = [inScript(name), t(name)];
	const meaning = said === shown ? " " : ` ${said} `;
	return h(tag, h("b", { lang: "zh" }, shown), line && h("button", { onclick }, where), meaning, h("span.quiet", inScript(detail)));
}

function draft(item, ix, { settings, desk }, { choose }) {
	const [one, two] = desk.entry.items;
	const isHeat = one.body.temperature !== two.body.temperature;
	return h(
		"button",
		{ "aria-pressed": String(item === desk.item), onclick: () => choose(ix) },
		h("small", isHeat ? `${t("temperature")} ${item.body.temperature}` : `${ix + 1}`),
		h(`span.${settings.direction}`, { lang: "zh" }, item.card.lines.map((line) => h("i", line.text))),
	);
}

function older({ items, chosen }, at, desk, { open }) {
	const { card } = items[chosen];
	const current = { "aria-current": at === desk.at && "true", onclick: () => open(at) };
	return h("button", current, h("span", { lang: "zh" }, card.lines[0].text), h("small", nameOf(card)));
}

/** The nearest older line of every line of a poem that was not given whole. */
async function showReceipt(card, given) {
	const signal = nextReceipt();
	const box = $("receipt");
	box.hidden = !card;
	if (!card) return;
	const [summary, list] = box.children;
	summary.textContent = t("wait");
	list.replaceChildren();
	const composed = card.lines.filter(({ characters }, ix) => characters.some((_, jx) => !given.includes(place(ix + 1, jx + 1))));
	let old = 0;
	let where;
	try {
		for (const { text } of composed) {
			const { known, nearest, corpus } = await post("v1/nearest", { line: text }, signal);
			const [near] = nearest;
			old += known;
			const words = near && h("small", t("nearest", { ...near, n: near.distance }));
			list.append(h("li", h("span", { lang: "zh" }, text), h("b", t(known ? "isKnown" : "isNew")), words));
			where = t(corpus ? "older" : "read");
		}
		summary.textContent = t(old ? "receiptOld" : "receiptNew", { n: old || composed.length, where });
	} catch {
		box.hidden = box.hidden || !signal.aborted;
	}
}

// The panel of options: what is asked, and what can be said before it is composed.

import { post } from "./api.js";
import { $, debounced, h } from "./dom.js";
import { inScript, t } from "./strings.js";

const OTHERS = { tune: "ci", free: "free", couplet: "couplets" }; // that are chosen like a form
const TEXTS = ["start", "acrostic", "rhyme", "prefix", "theme"];
const NOT_WITH = { free: ["rhyme"], couplet: ["start", "acrostic", "rhyme", "theme"] };
const MOST_TUNES = 3; // offered for an acrostic

const panel = $("ask");
const inputs = panel.elements;
let info;
let usual; // temperature

const formOf = (name) => info.forms.find((form) => form.name === name);
const chosen = () => inputs.form.value;
const value = (name) => inputs[name].value.trim();

function field(name, example, others, tag = "input") {
	const input = h(tag, { id: name, name, lang: "zh", "aria-describedby": `error-${name}`, "data-example": example, ...others });
	const error = h("p.error", { id: `error-${name}`, role: "alert" });
	const row = example ? "" : ".row";
	return h(`div.field${row}`, h("label", { for: name, "data-t": name }), input, error);
}

export function setup(given) {
	info = given;
	usual = info.options?.temperature.default;
	const radio = (name, [value, key, title], ix) =>
		h("label", h("input", { type: "radio", name, value, checked: !ix }), h("span", { "data-t": key, "data-title": title }));
	const radios = (name, choices) =>
		h("fieldset", h("legend", { "data-t": name }), h("div.chips", choices.map((each, ix) => radio(name, each, ix))));
	const forms = info.forms.map(({ name, chinese }) => [name, chinese, name]);
	panel.append(
		radios("form", [...forms, ...Object.entries(OTHERS)]),
		field("tune", "浣溪沙", { list: "tunes" }),
		h("datalist", { id: "tunes" }),
		field("couplet", "春风又绿江南岸"),
		field("start", "月落乌啼"),
		field("acrostic", "春江花月"),
		h("div", { id: "advice", role: "status" }),
		field("theme", "秋 思乡"),
		field("prefix", "劝君更尽一杯酒，西出阳关无故人"),
		field("rhyme", "", {}, "select"),
		field("temperature", "", { type: "range", min: 0.2, max: 1.6, step: 0.05, value: usual }),
		radios("many", [["1", "one"], ["5", "five"], ["temperatures", "four"]]),
		h("div.act", h("progress", { id: "progress", max: 1, "aria-labelledby": "status" }), h("button.primary", { id: "go" })),
	);
	$("checking").append(
		field("text", "床前明月光", { rows: 8, spellcheck: "false" }, "textarea"),
		field("own-form", "七绝", { list: "forms", type: "search" }),
		h("datalist", { id: "forms" }),
		h("p.quiet", { "data-t": "checkHelp" }),
	);
	panel.addEventListener("focusout", ({ target }) => target.name && !target.value.trim() && clear());
	inputs.temperature.after(h("output"));
	if (formOf("qijue")) inputs.form.value = "qijue";
	panel.addEventListener("input", ({ target }) => {
		clear();
		arrange();
		if (["form", "tune", "start", "acrostic", "rhyme"].includes(target.name)) advise();
	});
}

const goes = (name) =>
	!NOT_WITH[chosen()]?.includes(name) && (name !== "theme" || info.takes_theme) && (!(name in OTHERS) || name === chosen());

const named = (name, more) => h("option", { value: inScript(name), label: inScript(name) + more });

export function arrange() {
	for (const name of [...TEXTS, "tune", "couplet"]) inputs[name].parentNode.hidden = !goes(name);
	const group = value("rhyme");
	const known = info.rhymes.filter(({ volume }) => chosen() === "tune" || volume.includes("平"));
	const options = (book) =>
		known.filter(({ volume }) => volume === book).map(({ group, name }) => h("option", { value: group }, inScript(name)));
	const volumes = [...new Set(known.map(({ volume }) => volume))];
	const groups = volumes.map((label) => h("optgroup", { label: inScript(label) }, options(label)));
	inputs.rhyme.replaceChildren(h("option", { value: "" }, t("any")), ...groups);
	inputs.rhyme.value = known.some((rhyme) => rhyme.group === group) ? group : "";
	const tunes = () => info.tunes.map(({ name, sizes }) => named(name, ` · ${sizes.join("/")}`));
	$("tunes").replaceChildren(...tunes());
	$("forms").replaceChildren(...info.forms.map(({ chinese }) => named(chinese, "")), ...tunes());
	panel.querySelector("output").textContent = value("temperature");
}

export function read() {
	const form = chosen() === "tune" ? value("tune") : chosen();
	const body = form === "couplet" ? { couplet: value("couplet") } : { form };
	for (const name of TEXTS) if (value(name) && goes(name)) body[name] = value(name);
	if (Number(value("temperature")) !== usual) body.temperature = Number(value("temperature"));
	return body;
}

export function lacks() {
	const name = chosen();
	if (!inputs[name]?.type || value(name)) return false;
	fail(name, t("lacks", { name: t(name) }));
	return true;
}

export const many = () => inputs.many.value;

export function fill(body) {
	const form = body.couplet != null ? "couplet" : (body.form ?? "free");
	inputs.form.value = formOf(form) || form in OTHERS ? form : "tune";
	inputs.tune.value = chosen() === "tune" ? inScript(form) : "";
	arrange(); // the rhymes of the form, before one of them is chosen
	for (const name of [...TEXTS, "couplet"]) inputs[name].value = body[name] ?? "";
	inputs.temperature.value = body.temperature ?? usual;
	arrange();
}

/** Say what is wrong beside its field; false where that is not to be seen. */
export function fail(option, message) {
	const name = option === "form" && chosen() === "tune" ? "tune" : option;
	const place = $(`error-${name}`);
	if (!panel.contains(place) || place.parentNode.hidden) return false;
	place.textContent = message.replace(/^[a-z_]+: /, "");
	inputs[name].setAttribute("aria-invalid", "true");
	inputs[name].focus();
	return true;
}

export function clear() {
	for (const place of panel.querySelectorAll(".error")) place.textContent = "";
	for (const input of inputs) input.removeAttribute("aria-invalid");
}

/** Tell before composing whether an acrostic can be regular, and what can. */
const advise = debounced(async (signal) => {
	const heads = goes("acrostic") && value("acrostic").match(/\p{Script=Han}|〇/gu)?.length;
	$("advice").replaceChildren();
	const body = (heads || (goes("start") && value("start"))) && read();
	if (!body?.form) return;
	try {
		const { faults, notes } = await post("v1/plan", body, signal);
		const said = [...faults.map(({ name, detail }) => `${name} ${detail}`), ...notes];
		if (faults.length) $("advice").append(t("breaks"));
		$("advice").append(...said.map((each) => h("p", inScript(each))));
		if (faults.length) $("advice").append(offers(heads));
	} catch (error) {
		if (signal.aborted) return;
		const place = $(`error-${error.option}`);
		if (place) place.textContent = t(error.message);
		if (error.option === "acrostic" && / lines;|句；/.test(error.message)) $("advice").append(t("can"), offers(heads));
	}
}, 400);

function offers(heads) {
	const button = (text, form, tune = "") => {
		const onclick = () => {
			inputs.form.value = form;
			inputs.tune.value = inScript(tune);
			clear();
			arrange();
			advise();
			inputs.acrostic.focus();
		};
		return h("button", { type: "button", onclick }, inScript(text));
	};
	const forms = info.forms.filter(({ name, lines }) => lines === heads && name !== chosen());
	const tunes = info.tunes.filter(({ name, lines }) => lines.includes(heads) && name !== value("tune"));
	return h(
		"p.offers",
		forms.map(({ name, chinese }) => button(chinese, name)),
		tunes.slice(0, MOST_TUNES).map(({ name }) => button(name, "tune", name)),
		chosen() !== "free" && button(t("free"), "free"),
	);
}

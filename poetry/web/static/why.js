// Why this character: the likeliest ones of its place, and what the rules struck out.

import { post } from "./api.js";
import { $, h, joined, newest } from "./dom.js";
import { factsOf } from "./poem.js";
import { t } from "./strings.js";

const box = $("why");
const next = newest();

export async function explain(node, each, body, acts) {
	const signal = next();
	const facts = [t("placeN", { line: body.line, n: body.position }), ...factsOf(each)];
	const buttons = acts.map(([words, action]) => h("button", { onclick: () => (box.hidePopover(), action()) }, words));
	const answer = h("div", { role: "status" }, h("p.quiet", t("wait")));
	const title = h("h2", { id: "why-title" }, t("whyTitle", { character: each.character }));
	box.replaceChildren(title, h("p.quiet", joined(facts)), h("p.acts", buttons), answer);
	box.showPopover();
	const [at, width] = [node.getBoundingClientRect(), box.offsetWidth + 12];
	const left = at.right + width < innerWidth ? at.right + 12 : Math.max(at.left - width, 8);
	box.style.setProperty("--left", `${left}px`);
	box.style.setProperty("--top", `${Math.max(Math.min(at.top, innerHeight - 450), 8)}px`);
	if (matchMedia("(max-width: 860px)").matches) node.scrollIntoView({ block: "start", inline: "start" }); // not under the box
	buttons[0].focus({ preventScroll: true });
	try {
		show(answer, { ...(await post("v1/why", body, signal)), character: each.character });
	} catch (error) {
		if (!signal.aborted) answer.replaceChildren(h("p.error", t(error.message)));
	}
}

function show(answer, { character, candidates, rank, left }) {
	const most = Math.max(...candidates.map((each) => each.probability));
	const rows = candidates.map(({ character: each, probability, struck_by: rule }, ix) => {
		const bar = h("span.bar");
		bar.style.setProperty("--share", `${(probability / most) * 100}%`);
		const stands = ix + 1 === rank; // a rule that holds back, but does not forbid, may be named of it
		const kind = stands ? "li.here" : rule ? "li.struck" : "li";
		const name = h(rule && !stands ? "s" : "b", { lang: "zh" }, stands ? character : each);
		const why = h("small", rule && t(rule));
		return h(kind, name, bar, h("span", `${(probability * 100).toFixed(1)} %`), why);
	});
	if (rank > rows.length) rows.push(h("li.here", h("b", { lang: "zh" }, character), h("span.bar"), t("nth", { n: rank })));
	const sum = [rank && t("rank", { n: rank }), left != null && t("took", { n: Math.round((1 - left) * 100) })];
	answer.replaceChildren(h("ol", rows), h("p.quiet", joined(sum)));
}

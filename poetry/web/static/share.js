// Sharing: a picture, the text, a link to the same poem.

import { $, h } from "./dom.js";
import { flows, textOf } from "./poem.js";
import { t } from "./strings.js";

const NUMBERS = ["seed", "number", "num", "temperature", "mood_strength"];
const INK = "#2a241c";
const VERMILION = "#a8321f";
const TALLEST = 92; // pixels of a character

export function linkOf({ body, number, card, given }) {
	const asked = { ...body, number, given: given?.join(" "), model: card.model?.slice(0, 8) };
	return `#${new URLSearchParams(Object.entries(asked).filter(([, value]) => value != null))}`;
}

/** {path, body, number, model, given} of such a part, or null. */
export function readLink(hash) {
	const given = Object.fromEntries(new URLSearchParams(hash.slice(1)));
	if (!given.seed) return null;
	for (const name of NUMBERS) if (name in given) given[name] = Number(given[name]);
	for (const name of ["tones", "traditional"]) if (name in given) given[name] = given[name] === "true";
	const { number = 0, model, given: places, ...body } = given;
	return { path: body.text ? "v1/revise" : "v1/poems", body, number, model, given: places?.split(" ") };
}

export function paint(canvas, card, view) {
	const pen = canvas.getContext("2d");
	const { width, height } = canvas;
	const family = getComputedStyle(document.querySelector("#sheet .poem")).fontFamily;
	const write = (text, x, y, size, colour) => {
		pen.font = `${size}px ${family}`;
		pen.fillStyle = colour;
		pen.fillText(text, x, y);
	};
	pen.textAlign = "center";
	pen.textBaseline = "middle";
	pen.fillStyle = "#faf6ea";
	pen.fillRect(0, 0, width, height);
	if (view.texture) fibres(pen, width, height);
	pen.strokeStyle = VERMILION;
	for (const [inset, thick] of [[48, 5], [60, 1.5]]) {
		pen.lineWidth = thick;
		pen.strokeRect(inset, inset, width - 2 * inset, height - 2 * inset);
	}
	const vertical = view.direction === "vertical";
	const texts = flows(card) ? columns(card) : card.lines.map(({ text }) => text);
	const lines = texts.map((text) => [...text]);
	const longest = Math.max(...lines.map((line) => line.length), 5);
	const [along, across] = vertical ? [930, 820] : [820, 930]; // pixels that there are for lines
	const size = Math.min(along / longest / 1.12, across / (lines.length + 0.5) / 1.45, TALLEST);
	const gap = Math.min(across / lines.length, size * 2);
	lines.forEach((line, ix) => {
		const off = ((lines.length - 1) / 2 - ix) * gap;
		line.forEach((character, jx) => {
			const on = (jx - (longest - 1) / 2) * size * 1.12;
			let [x, y] = vertical ? [off, on] : [on, -off];
			if (vertical && "，。、；？！".includes(character)) [x, y] = [x + size * 0.6, y - size * 0.6];
			write(character, width / 2 + x, height / 2 - 50 + y, size, INK);
		});
	});
	write(view.title, width / 2, height - 112, 30, INK);
	stamp(pen, [...view.seal], vertical ? 110 : width - 222, height - 222, write);
	canvas.setAttribute("aria-label", textOf(card));
}

/** What runs on like prose in columns of a picture, an empty one between stanzas. */
function columns(card) {
	let done = 0;
	return card.stanzas.flatMap((count) => {
		const lines = card.lines.slice(done, (done += count));
		const found = textOf({ lines }).match(/.{1,14}[，。、；！？]*/gu);
		return done === count ? found : ["", ...found];
	});
}

function fibres(pen, width, height) {
	let state = 7;
	const random = (most) => (Math.abs(Math.sin(state++) * 1e4) % 1) * most;
	pen.lineWidth = 1;
	for (let ix = 0; ix < 900; ix++) {
		const [x, y, turn] = [random(width), random(height), random(6)];
		pen.strokeStyle = `rgba(120, 90, 50, ${random(0.16)})`;
		pen.beginPath();
		pen.arc(x, y, random(40), turn, turn + 1);
		pen.stroke();
	}
}

function stamp(pen, glyphs, x, y, write) {
	const side = 112;
	const columns = glyphs.length > 2 ? 2 : 1;
	const rows = Math.ceil(glyphs.length / columns);
	pen.fillStyle = VERMILION;
	pen.beginPath();
	pen.roundRect(x, y, side, side, 8);
	pen.fill();
	glyphs.forEach((glyph, ix) => {
		const column = columns - 1 - Math.floor(ix / rows);
		const across = x + ((column + 0.5) * side) / columns;
		write(glyph, across, y + (((ix % rows) + 0.5) * side) / rows, (side * 0.8) / Math.max(rows, columns), "#fffaf2");
	});
}

export function save(canvas, name) {
	canvas.toBlob((blob) => {
		const href = URL.createObjectURL(blob);
		h("a", { href, download: `${name}.png` }).click();
		setTimeout(() => URL.revokeObjectURL(href), 1000);
	});
}

export async function copy(text) {
	const done = (await navigator.clipboard?.writeText(text).then(() => true, () => false)) || copiedSelected(text);
	$("copied").textContent = t(done ? "copied" : "copyFailed");
}

/** Copy by way of a selection, where a page on an address of a network has no clipboard. */
function copiedSelected(text) {
	const area = h("textarea");
	area.value = text;
	$("sharing").append(area);
	area.select();
	const done = document.execCommand("copy");
	area.remove();
	return done;
}

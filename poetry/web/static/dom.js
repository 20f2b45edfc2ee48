// Elements without markup: what people or the server write is only ever text.

export const $ = (id) => document.getElementById(id);
export const joined = (parts) => parts.filter(Boolean).join(" · ");

/** An element "tag.class" of strings, nodes, lists of them and attributes; what is null or false is left out. */
export function h(tag, ...parts) {
	const [name, ...classes] = tag.split(".");
	const node = document.createElement(name);
	if (classes.length) node.className = classes.join(" ");
	for (const part of parts.flat()) {
		if (typeof part === "string" || part instanceof Node) node.append(part);
		else for (const [key, value] of Object.entries(part || {})) attribute(node, key, value);
	}
	return node;
}

function attribute(node, key, value) {
	if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
	else if (value != null && value !== false) node.setAttribute(key, value === true ? "" : value);
}

let composing = false; // letters that are still to become characters
addEventListener("compositionstart", () => (composing = true));
addEventListener("compositionend", () => (composing = false));

/** A task for when nothing has been typed for a while; its signal aborts when it is done anew. */
export function debounced(task, milliseconds) {
	const next = newest();
	let timer;
	return function later() {
		clearTimeout(timer);
		timer = setTimeout(() => (composing ? later() : task(next())), milliseconds);
	};
}

export function newest() {
	let current;
	return () => {
		current?.abort();
		current = new AbortController();
		return current.signal;
	};
}

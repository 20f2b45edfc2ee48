// Elements without markup: what people or the server write is only ever text.

export const $ = (id) => document.getElementById(id);

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

export function debounced(task, milliseconds) {
	let timer;
	return () => {
		clearTimeout(timer);
		timer = setTimeout(task, milliseconds);
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

// What was written: kept in this browser only, and every change can be undone.

const MOST = 40; // compositions that are kept

export function load(name, otherwise) {
	try {
		return JSON.parse(localStorage.getItem(`poetry.${name}`)) ?? otherwise;
	} catch {
		return otherwise;
	}
}

export function keep(name, value) {
	try {
		localStorage.setItem(`poetry.${name}`, JSON.stringify(value));
		return true;
	} catch {
		return false;
	}
}

const isEntry = (entry) => entry?.items?.length && entry.items.every((item) => item?.body && item.card?.lines);

export function toggled(locks, places) {
	const all = places.every((each) => locks.has(each));
	return new Set(all ? [...locks].filter((each) => !places.includes(each)) : [...locks, ...places]);
}

/**
 * Entries {items, chosen}, of which `at` lies on the sheet; an item is one poem, {path, body, number, card}:
 * what was asked and what came. `locks`: the places that are not to change.
 */
export class Desk {
	#past = [];

	constructor() {
		const entries = load("entries", []);
		this.entries = Array.isArray(entries) ? entries.filter(isEntry) : [];
		this.at = this.entries.length - 1;
		this.locks = new Set();
	}

	get entry() {
		return this.entries[this.at];
	}

	get item() {
		return this.entry?.items[this.entry.chosen];
	}

	get canUndo() {
		return this.#past.length > 0;
	}

	add(items) {
		const entries = [...this.entries, { items, chosen: 0 }].slice(-MOST);
		this.change({ entries, at: entries.length - 1, locks: new Set() });
	}

	change(next) {
		this.#past.push({ entries: this.entries, at: this.at, locks: this.locks });
		this.#put(next);
	}

	undo() {
		this.#put(this.#past.pop());
	}

	#put(next) {
		Object.assign(this, next);
		let kept = this.entries;
		while (!keep("entries", kept) && kept.length) kept = kept.slice(1);
	}
}

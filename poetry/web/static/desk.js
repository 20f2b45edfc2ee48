// What was written: kept in this browser only, and every change can be undone.

const MOST = 40; // compositions that are kept
const LINE = { text: "", mark: "", characters: [{ character: "", tones: "", wanted: "" }] };
const CARD = { form_name: "", model: "", lines: [LINE], stanzas: [0], faults: [], notes: [] };
const ENTRY = { chosen: 0, items: [{ path: "", number: 0, body: {}, card: CARD }] };

/** What is kept by a name, where it is of the kind of `otherwise`. */
export function load(name, otherwise) {
	try {
		const kept = JSON.parse(localStorage.getItem(`poetry.${name}`));
		return isLike(kept, otherwise) ? kept : otherwise;
	} catch {
		return otherwise;
	}
}

/** Whether a value has all parts of an example; a list has some, each like the one in the example, if any. */
function isLike(value, example) {
	if (value?.constructor !== example.constructor) return false;
	if (!Array.isArray(example)) return Object.keys(example).every((name) => isLike(value[name], example[name]));
	return !example.length || (value.length > 0 && value.every((each) => isLike(each, example[0])));
}

export function keep(name, value) {
	try {
		localStorage.setItem(`poetry.${name}`, JSON.stringify(value));
		return true;
	} catch {
		return false;
	}
}

const keyOf = ({ items }) => JSON.stringify(items.map(({ body, number }) => [body, number]));

const isEntry = (entry) => isLike(entry, ENTRY) && entry.chosen in entry.items;

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
		this.entries = load("entries", []).filter(isEntry);
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

	/** Take in what another window has kept; what lies on the sheet stays there. */
	refresh() {
		const open = this.entry;
		this.entries = load("entries", []).filter(isEntry);
		this.at = open ? this.entries.findIndex((entry) => keyOf(entry) === keyOf(open)) : -1;
		if (open && this.at < 0) this.at = this.entries.push(open) - 1;
	}

	add(items) {
		this.refresh();
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

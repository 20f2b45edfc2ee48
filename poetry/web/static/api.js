// The server: JSON, or events while it composes; a full house is asked again, politely.

const TRIES = 5;
const LONGEST_WAIT = 30; // seconds

export class Refused extends Error {
	constructor(message, option) {
		super(message);
		this.option = option;
	}
}

export const get = async (path) => (await answered(path, {})).json();

export const post = async (path, body, signal) => (await answered(path, request(body, signal))).json();

/** As `post`, with `heard(event, data)` for all that happens; `wait(seconds)` while the server is busy. */
export async function stream(path, body, heard, wait, signal) {
	const answer = await answered(path, request(body, signal, "text/event-stream"), wait);
	const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
	let rest = "";
	for (;;) {
		const { value, done } = await reader.read();
		if (done) return;
		const blocks = (rest + value).split(/\r?\n\r?\n/);
		rest = blocks.pop();
		for (const block of blocks) {
			const field = (name) => block.match(new RegExp(`^${name}: ?(.*)$`, "m"))?.[1];
			if (!field("data")) continue; // a comment that keeps the line open
			const data = JSON.parse(field("data"));
			if (field("event") === "error") throw new Refused(data.error, data.option);
			heard(field("event"), data);
		}
	}
}

const request = (body, signal, Accept = "application/json") => ({
	method: "POST",
	headers: { "Content-Type": "application/json", Accept },
	body: JSON.stringify(body),
	signal,
});

async function answered(path, asked, wait) {
	for (let tries = 1; ; tries++) {
		const answer = await fetch(path, asked).catch((error) => {
			throw asked.signal?.aborted ? error : new Refused("unreachable");
		});
		if (answer.ok) return answer;
		if (answer.status !== 503 || !wait || tries === TRIES) {
			const told = await answer.json().catch(() => ({}));
			throw new Refused(told.error ?? `HTTP ${answer.status}`, told.option);
		}
		const seconds = Math.min(Number(answer.headers.get("Retry-After")) || 1, LONGEST_WAIT);
		wait(seconds);
		await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
		asked.signal.throwIfAborted();
	}
}

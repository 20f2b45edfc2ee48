// Requests to the server: JSON, or events while it composes; a busy server is asked again later.

const TRIES = 5;

export class Refused extends Error {
	constructor(message, option) {
		super(message);
		this.option = option;
	}
}

export const get = (path) => read(path, {});

export const post = (path, body, signal) => read(path, request(body, signal));

const read = async (path, asked) => (await answered(path, asked)).json().catch(lost(asked));

const lost = (asked) => (error) => {
	throw asked.signal?.aborted ? error : new Refused("unreachable");
};

/** As `post`, with `heard(event, data)` for all that happens, to "done"; `wait(seconds)` while the server is busy. */
export async function stream(path, body, heard, wait, signal) {
	const asked = request(body, signal, "text/event-stream");
	const answer = await answered(path, asked, wait);
	const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
	let rest = "";
	for (;;) {
		const { value, done } = await reader.read().catch(lost(asked));
		if (done) throw new Refused("unreachable");
		const blocks = (rest + value).split(/\r?\n\r?\n/);
		rest = blocks.pop();
		for (const block of blocks) {
			const [, event, text] = block.match(/^event: (.*)\r?\ndata: (.*)$/m) ?? [];
			if (!event) continue; // a comment that keeps the line open
			const data = JSON.parse(text);
			if (event === "error") throw new Refused(data.error, data.option);
			heard(event, data);
			if (event === "done") return;
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
	const headers = { ...asked.headers, "Accept-Language": document.documentElement.lang };
	for (let tries = 1; ; tries++) {
		const answer = await fetch(path, { ...asked, headers }).catch(lost(asked));
		if (answer.ok) return answer;
		if (answer.status !== 503 || !wait || tries === TRIES) {
			const told = await answer.json().catch(() => ({}));
			throw new Refused(told.error ?? `HTTP ${answer.status}`, told.option);
		}
		const seconds = Number(answer.headers.get("Retry-After")) || 1;
		wait(seconds);
		await new Promise((resolve) => {
			setTimeout(resolve, seconds * 1000);
			asked.signal.addEventListener("abort", resolve, { once: true });
		});
		asked.signal.throwIfAborted();
	}
}

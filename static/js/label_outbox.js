// Verdicts on their way: kept in this browser until the server has answered each of them by its id. Sending one twice
// is harmless, so whatever is in doubt is sent again.
const FIRST_WAIT_MS = 500, LONGEST_WAIT_MS = 20000, AT_ONCE = 200;

export class Outbox {
  constructor(name, url, csrf, { have, answered, troubled }) {
    Object.assign(this, { name, url, csrf, have, answered, troubled });
    this.memory = [];
    this.failures = 0;
    this.sending = false;
    addEventListener("online", () => this.send());
    addEventListener("pagehide", () => this.entries().length && this.post(this.entries()).catch(() => {}));
  }

  entries() {
    try { return JSON.parse(localStorage.getItem(this.name) ?? "[]"); } catch { return this.memory; }
  }

  keep(entries) {
    this.memory = entries;
    try { localStorage.setItem(this.name, JSON.stringify(entries)); } catch {} // private windows may have no room
  }

  add(entry) {
    const id = uuid();
    this.keep([...this.entries(), { id, at: Date.now(), ...entry }]);
    setTimeout(() => this.send()); // after the next task is painted
    return id;
  }

  post(entries) {
    const now = Date.now();
    const said = entries.slice(0, AT_ONCE).map(({ at, ...entry }) => ({ ...entry, ago_ms: Math.max(0, now - at) }));
    return fetch(this.url, {
      method: "POST",
      keepalive: said.length < AT_ONCE, // it may outlive the page
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrf, Accept: "application/json" },
      body: JSON.stringify({ entries: said, have: this.have() }),
    });
  }

  // Also asks for the next screens: one way to and from the server.
  async send() {
    if (this.sending) return void (this.again = true);
    this.sending = true;
    this.again = false;
    clearTimeout(this.timer);
    try {
      const entries = this.entries();
      let response = await this.post(entries);
      if (response.status === 403) response = await this.withFreshToken(entries);
      if (response.status === 401 || response.status === 403) return this.troubled("signed-out", entries.length);
      if (!response.ok) throw new Error(`status ${response.status}`);
      const answer = await response.json();
      this.csrf = answer.csrf;
      this.failures = 0;
      this.keep(this.entries().filter(({ id }) => !(id in answer.results)));
      this.troubled("", this.entries().length);
      this.answered(answer, entries);
      if (this.entries().length > 0) this.again = true;
    } catch {
      this.failures += 1;
      this.troubled("offline", this.entries().length);
      const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.failures) * (0.5 + Math.random() / 2);
      this.timer = setTimeout(() => this.send(), wait);
    } finally {
      this.sending = false;
      if (this.again && !this.failures) this.send();
    }
  }

  async withFreshToken(entries) { // somebody signed in again in another tab
    const fresh = await fetch(this.url, { headers: { Accept: "application/json" } });
    if (!fresh.ok) return fresh;
    this.csrf = (await fresh.json()).csrf;
    return this.post(entries);
  }
}

function uuid() { // crypto.randomUUID is missing where the page came without TLS
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  return [...bytes].map((byte, at) => ([4, 6, 8, 10].includes(at) ? "-" : "") + byte.toString(16).padStart(2, "0")).join("");
}

package journey

import (
	"fmt"
	"testing"

	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/programtest"
)

// life is one life of a page: it writes entries and sends them through a network that fails in every way, in an order
// that the seed decides, until it has done so many steps or is killed in the middle of one. It says what befell it.
const life = `(async () => {
	const { append } = await import(%q), { send } = await import(%q), person = %q;
	let s = %d;
	const any = (n) => { s = (Math.imul(s, 1103515245) + 12345) & 0x7fffffff; return (s >>> 8) %% n; };
	const befell = [];
	let die;
	const dead = new Promise((done) => { die = done; });
	const never = new Promise(() => {});
	const network = async (path, init) => {
		switch (any(9)) {
		case 0: befell.push("not sent"); throw new TypeError("no network");
		case 1: befell.push("reply lost"); await fetch(path, init); throw new TypeError("cut");
		case 2: befell.push("sent twice"); await fetch(path, init); return fetch(path, init);
		case 3: befell.push("busy"); return new Response("busy", { status: 503 });
		case 4: { befell.push("torn"); const whole = await (await fetch(path, init)).text(); return new Response(whole.slice(0, any(whole.length))); }
		case 5: befell.push("killed before"); die(); return never;
		case 6: befell.push("killed after"); await fetch(path, init); die(); return never;
		}
		befell.push("sent");
		return fetch(path, init);
	};
	const steps = async () => {
		for (let i = 0; i < %d; i++) {
			if (any(3) === 0) {
				const sending = send(person, network);
				if (any(2)) await sending; // or go on meanwhile
				continue;
			}
			await append(person, any(5) ? { kind: "attempt", course: "T000", lesson: "thu", lang: "vi", form: {} } : { kind: "completion", course: "T000", lesson: "doc" });
			befell.push("written");
		}
	};
	await Promise.race([steps(), dead]);
	return befell;
})()`

// Some six hundred steps of phones that write, send, fail, try again, are killed and send twice, for several people,
// one of them with two phones: at last the server has what the logs have, each once.
func TestServerEndsAsTheLogs(t *testing.T) {
	const people, lives, steps = 3, 10, 25
	h := programtest.NewHall(t, console.Place{Data: t.TempDir()}, people, 1)
	region := &demoRegion{base: programtest.Launch(t, h.At).Base, passwords: map[string]string{}}
	for _, p := range h.People {
		region.passwords[p.Login] = programtest.HallPassword
	}
	befell, attempts := map[string]int{}, map[string]int{}
	for i := range people + 1 {
		p := h.People[i%people] // the first has two phones
		v := region.tab(t, phone)
		v.enter(p.Login)
		v.ready()
		paths := look[[]string](v, `performance.getEntriesByType("resource").map((r) => new URL(r.name).pathname).filter((p) => /\/(log|outbox)\./.test(p)).sort()`)
		for n := range lives {
			v.open("/api/v1/me") // a page of ours that does nothing by itself
			for _, what := range look[[]string](v, fmt.Sprintf(life, paths[0], paths[1], p.ID, 1687+100*i+n, steps)) {
				befell[what]++
			}
		}
		v.forgive("/favicon.ico") // a browser asks for one beside what is no page
		v.open("/phone")
		v.await(`document.querySelector("dl.facts dd")?.innerText === "0"`)
		log := look[phoneLog](v, fmt.Sprintf(wholeLog, paths[0], p.ID))
		if log.Waiting != 0 || log.Agreed.Count != log.N || !log.Agreed.Same {
			t.Errorf("phone %d: %+v", i, log)
		}
		attempts[p.ID] += log.Attempts
		if got := v.progress("T000", "thu").Attempts; got != attempts[p.ID] {
			t.Errorf("phone %d: the server has %d attempts, the logs have %d", i, got, attempts[p.ID])
		}
		if !v.progress("T000", "doc").Read {
			t.Errorf("phone %d: the lesson is not read", i)
		}
	}
	t.Log(befell)
	for _, what := range []string{"written", "sent", "not sent", "reply lost", "sent twice", "busy", "torn", "killed before", "killed after"} {
		if befell[what] == 0 {
			t.Errorf("nothing was ever %s: the test is blind", what)
		}
	}
}

// phoneLog is what a phone has of its person, and what it last heard of the server's side.
type phoneLog struct {
	N, Attempts, Waiting int
	Agreed               struct {
		Count int
		Same  bool
	}
}

// wholeLog reads a person's log, each hash of it anew.
const wholeLog = `(async () => {
	const { chain, entries, person, textOf } = await import(%q), p = await person(%q);
	let hash = "", attempts = 0, waiting = 0;
	for (const entry of await entries(p.id)) {
		const text = await textOf(p, entry);
		hash = await chain(hash, text);
		if (hash !== entry.hash) throw new Error("entry " + entry.n + " is not what it was");
		if (JSON.parse(text).kind === "attempt") attempts++;
		if (entry.state === "here") waiting++;
	}
	return { N: p.n, Attempts: attempts, Waiting: waiting, Agreed: { Count: p.agreed.count, Same: p.agreed.same } };
})()`

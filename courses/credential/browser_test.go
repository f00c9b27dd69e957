package credential

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// script asks assets/js/verify.js, as a phone's browser has it.
func script(t *testing.T, question string, given any, answer any) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed")
	}
	module, err := filepath.Abs("../../assets/js/verify.js")
	if err != nil {
		t.Fatal(err)
	}
	input, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(module)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "verify.mjs")
	if err := os.WriteFile(file, source, 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.Command("node", "--input-type=module", "-e", `import * as v from "`+file+`";
		let text = ""; for await (const part of process.stdin) text += part;
		const given = JSON.parse(text); const out = []; for (const one of given) out.push(await (`+question+`)(one));
		console.log(JSON.stringify(out));`)
	run.Stdin = bytes.NewReader(input)
	var errs bytes.Buffer
	run.Stderr = &errs
	out, err := run.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	if err := json.Unmarshal(out, answer); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

type jwk struct {
	Kid     string `json:"kid"`
	X       string `json:"x"`
	Y       string `json:"y"`
	Revoked bool   `json:"revoked,omitempty"`
}

func jwks(keys ...Key) (all []jwk) {
	for _, k := range keys {
		all = append(all, jwk{k.Thumbprint, k.X(), k.Y(), !k.RevokedAt.IsZero()})
	}
	return all
}

type linkCase struct {
	Name     string `json:"-"`
	Want     string `json:"-"`
	Code     string `json:"code"`
	Fragment string `json:"fragment"`
	Keys     []jwk  `json:"keys"`
}

// A phone comes to the same answers as the program, for the same links.
func TestPhoneChecksFactsAsTheProgramDoes(t *testing.T) {
	s, other := signer(t, "0001"), signer(t, "0002")
	ends, odd, again := certificate(), certificate(), certificate()
	ends.ValidUntil = now.AddDate(3, 0, 0)
	odd.Holder.Name = "Đặng Thị Ðào ꪀ 𠀀 “Mỷ” – €\tx"
	again.Reissue, again.Register = 2, "08/2026/000017/2"
	fragment := func(f Facts) string {
		text, err := s.Fragment(f)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	plain := FactsOf(certificate())
	raw, _ := read41(fragment(plain))
	raw[12] ^= 1
	foreign, _ := other.Fragment(plain)
	revoked := s.Key
	revoked.RevokedAt = now
	keys := jwks(other.Key, s.Key)
	want := []Facts{plain, FactsOf(ends), FactsOf(odd), FactsOf(again)}
	want[2].Holder = strings.ReplaceAll(want[2].Holder, "\t", "")
	var cases []linkCase
	for _, f := range want {
		cases = append(cases, linkCase{f.Code, "", f.Code, fragment(f), keys})
	}
	cases = append(cases,
		linkCase{"bent", "forged", plain.Code, write41(raw), keys},
		linkCase{"of another", "forged", "7KQM4XW2HRTQ", fragment(plain), keys},
		linkCase{"somebody else's", "key", plain.Code, foreign, jwks(s.Key)},
		linkCase{"a revoked key", "revoked", plain.Code, fragment(plain), jwks(revoked)},
		linkCase{"nothing", "form", plain.Code, "", keys},
		linkCase{"junk", "form", plain.Code, strings.Repeat("#", 200), keys})
	var got []struct {
		Wrong string
		Facts *Facts
	}
	script(t, `({code, fragment, keys}) => v.checkFacts(code, fragment, keys)`, cases, &got)
	for i, c := range cases {
		if got[i].Wrong != c.Want || i < len(want) && (got[i].Facts == nil || *got[i].Facts != want[i]) {
			t.Errorf("%s: %q, want %q\n%+v", c.Name, got[i].Wrong, c.Want, got[i].Facts)
		}
		if c.Want == "forged" && got[i].Facts != nil {
			t.Errorf("%s: shows %+v", c.Name, got[i].Facts)
		}
	}
}

func TestPhoneChecksThePDFAsTheProgramDoes(t *testing.T) {
	s := signer(t, "0001")
	pdf := sealed(t, s)
	all, _ := Signatures(pdf)
	revoked := s.Key
	revoked.RevokedAt = now
	flip := func(at int) []byte { b := bytes.Clone(pdf); b[at] ^= 1; return b }
	type pdfCase struct {
		want string
		PDF  []byte `json:"pdf"`
		Keys []jwk  `json:"keys"`
	}
	cases := []pdfCase{
		{"", pdf, jwks(signer(t, "0000").Key, s.Key)},
		{"changed", flip(3000), jwks(s.Key)},
		{"changed", flip(all[0].From + 801), jwks(s.Key)},
		{"changed", flip(all[0].To - 4), jwks(s.Key)},
		{"changed", append(bytes.Clone(pdf), '\n'), jwks(s.Key)},
		{"revoked", pdf, jwks(revoked)},
		{"key", pdf, jwks(signer(t, "0002").Key)},
		{"unsigned", printed(t), jwks(s.Key)},
		{"form", []byte("%PDF-1.7 nothing"), jwks(s.Key)},
		{"form", nil, jwks(s.Key)},
	}
	var got []struct{ Wrong, Code, Link string }
	script(t, `({pdf, keys}) => v.checkPDF(new Uint8Array(Buffer.from(pdf || "", "base64")), keys)`, cases, &got)
	for i, c := range cases {
		if got[i].Wrong != c.want && !(c.want == "changed" && got[i].Wrong == "key") {
			t.Errorf("case %d: %q, want %q", i, got[i].Wrong, c.want)
		}
		if c.want == "" && (got[i].Code != certificate().Code || got[i].Link != "https://lopban.test/v/"+certificate().Code) {
			t.Errorf("%+v", got[i])
		}
	}
}

func TestPhoneKeepsTheNewestStates(t *testing.T) {
	s := signer(t, "0001")
	text, err := s.SignStates(States{At: now.Unix(), Revoked: []string{"08/2026/000017"}, Replaced: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	foreign, _ := signer(t, "0002").SignStates(States{At: now.Unix() + 9})
	type stateCase struct {
		Text  string `json:"text"`
		Known int64  `json:"known"`
		Keys  []jwk  `json:"keys"`
	}
	cases := []stateCase{{text, 0, jwks(s.Key)}, {text, now.Unix() + 1, jwks(s.Key)}, {foreign, 0, jwks(s.Key)}, {text[:len(text)-2] + "AA", 0, jwks(s.Key)}, {"", 0, jwks(s.Key)}}
	var got []*States
	script(t, `({text, known, keys}) => v.readStates(text, known, keys)`, cases, &got)
	for i, list := range got {
		if (list != nil) != (i == 0) {
			t.Errorf("case %d: %+v", i, list)
		}
	}
	if got[0] != nil && (got[0].At != now.Unix() || got[0].Revoked[0] != "08/2026/000017") {
		t.Errorf("%+v", got[0])
	}
}

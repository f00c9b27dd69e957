package credential

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestStatesCannotBeReplayedOrMadeUp(t *testing.T) {
	s, other := signer(t, "0001"), signer(t, "0002")
	list := States{At: now.Unix(), Revoked: []string{"08/2026/000017"}, Replaced: []string{"08/2026/000003/1"}}
	text, err := s.SignStates(list)
	if err != nil {
		t.Fatal(err)
	}
	foreign, _ := other.SignStates(list)
	wrongType, _ := s.jws(jose{"ES256", "JWT", s.Thumbprint}, list)
	none, _ := s.jws(jose{"none", statesType, s.Thumbprint}, list)
	revoked := s.Key
	revoked.RevokedAt = now
	parts := strings.Split(text, ".")
	for name, test := range map[string]struct {
		keys  Keys
		text  string
		known time.Time
		want  error
	}{
		"as they are":                 {Keys{s.Key}, text, now, nil},
		"an old list sent again":      {Keys{s.Key}, text, now.Add(time.Second), ErrOld},
		"somebody else's":             {Keys{s.Key}, foreign, now, ErrNoKey},
		"signed with a revoked key":   {Keys{revoked}, text, now, ErrRevoked},
		"something else that is ours": {Keys{s.Key}, wrongType, now, errFacts},
		"without a signature":         {Keys{s.Key}, none, now, errFacts},
		"with the signature left out": {Keys{s.Key}, parts[0] + "." + parts[1] + ".", now, errFacts},
		"another list":                {Keys{s.Key}, parts[0] + "." + strings.Replace(parts[1], parts[1][10:14], "AAAA", 1) + "." + parts[2], now, errFacts},
	} {
		got, err := test.keys.ReadStates(test.text, test.known)
		if !errors.Is(err, test.want) && !(name == "another list" && errors.Is(err, ErrForged)) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
		if err == nil && !reflect.DeepEqual(got, list) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func FuzzStates(f *testing.F) {
	s := signer(f, "0001")
	text, err := s.SignStates(States{At: now.Unix(), Revoked: []string{"08/2026/000017"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add("e30.e30.")
	f.Fuzz(func(t *testing.T, other string) {
		if _, err := (Keys{s.Key}).ReadStates(other, now); err == nil && other != text {
			t.Fatal(other)
		}
	})
}

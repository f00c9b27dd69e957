package programme

import (
	"context"
	"sync"
	"time"

	"lopban/courses/credential"
)

// states is the signed list of what is worth nothing any more, made at most once a minute whoever asks.
type states struct {
	mu   sync.Mutex
	text string
	at   time.Time
	by   string // key
}

const statesLife = time.Minute

// States is the list of what is worth nothing any more, signed, as the register has it now or had it a minute ago.
func (s *Programme) States(ctx context.Context) (string, error) {
	signer, err := s.Keys.Signer(ctx)
	if err != nil {
		return "", err
	}
	s.states.mu.Lock()
	defer s.states.mu.Unlock()
	now := s.Now()
	if s.states.text != "" && s.states.by == signer.ID && now.Sub(s.states.at).Abs() < statesLife {
		return s.states.text, nil
	}
	list := credential.States{At: now.Unix()}
	if list.Revoked, list.Replaced, err = s.School.Ended(ctx); err != nil {
		return "", err
	}
	// lists, never null
	list.Revoked, list.Replaced = append([]string{}, list.Revoked...), append([]string{}, list.Replaced...)
	text, err := signer.SignStates(list)
	if err == nil {
		s.states.text, s.states.at, s.states.by = text, now, signer.ID
	}
	return text, err
}

package server

import (
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"lopban/courses/store"
)

// auditEntry is the fact that somebody did something to others: who, what, to which code or person, for which province.
type auditEntry struct {
	ID       string    `json:"id"` // UUIDv7
	By       string    `json:"by"`
	Action   string    `json:"action"`
	Subject  string    `json:"subject"`
	Province string    `json:"province"`
	At       time.Time `json:"at"`
}

var auditKind = &store.Kind{Name: "audit", Schema: 1, Doc: auditEntry{}, Indexes: [][]string{{"at"}, {"province", "at"}}}

// audit keeps an entry for the visitor.
func (s *Server) audit(c *fiber.Ctx, action, subject, province string) error {
	return s.store.Insert(c.UserContext(), auditKind, &auditEntry{ID: uuid.Must(uuid.NewV7()).String(), By: visitorID(c), Action: action,
		Subject: subject, Province: province, At: store.Time(s.now())})
}

package roster

import (
	"time"

	"lopban/courses/store"
)

// Intake is the fact that a file was imported: postings and details name it as where they come from, so that an import
// can be undone as a whole.
type Intake struct {
	ID       string    `json:"id"`
	Province string    `json:"province"` // present, code
	File     string    `json:"file"`     // name
	Key      string    `json:"key"`      // SHA-256 of its content, hexadecimal
	Rows     int       `json:"rows"`
	By       string    `json:"by"` // person
	At       time.Time `json:"at"`
}

// IntakeKind holds the imports.
var IntakeKind = &store.Kind{Name: "intake", Schema: 1, Order: 490, Fact: true, Doc: Intake{}, Indexes: [][]string{{"province", "at"}, {"key"}}}

// From is the posting as an import says it: other imports may say the same, and be undone without this one.
func (p Posting) From(source string) Posting {
	if source != "" {
		p.ID, p.Import = p.ID+"/"+source, source
	}
	return p
}

// SaysTheSame says whether two postings of a person are of the same event, day, commune and library, wherever they come
// from.
func (p Posting) SaysTheSame(q Posting) bool {
	return p.Person == q.Person && p.Event == q.Event && p.On.Equal(q.On) && samePost(p, q)
}

// Package roster is who works where: [Place] lists, the [Person] and the posts they hold, imported by the provinces from spreadsheets before anyone has an account,
// and the accounts by which people sign in. The roster is the denominator of the programme's number.
package roster

import (
	"time"

	"lopban/courses/store"
)

// Person is one human, as the roster knows them now. The history is in the postings.
type Person struct {
	ID        string    `json:"id"`   // ten letters and digits, see NewID; printed in exports, so that a row finds its person again
	Name      string    `json:"name"` // NFC
	Fold      string    `json:"fold"` // Fold(Name), to match and to search by
	Sort      string    `json:"sort"` // SortKey(Name)
	Phone     string    `json:"phone"`
	Post      string    `json:"post"` // chức vụ
	Library   string    `json:"library"`
	Kind      string    `json:"kind"`      // of the library, see LibraryKinds
	Commune   string    `json:"commune"`   // code
	Province  string    `json:"province"`  // present province, code
	Programme string    `json:"programme"` // programme province, code; "" outside the programme
	Active    bool      `json:"active"`    // holds a post
	Since     time.Time `json:"since"`     // first day of the post held, midnight UTC of the date
	UpdatedAt time.Time `json:"updatedAt"`
}

// Posting is the fact that a person starts or leaves a post at a library.
type Posting struct {
	ID         string    `json:"id"` // person/event/date/commune/folded library: made of what it says, so that saying it twice changes nothing
	Person     string    `json:"person"`
	Event      Event     `json:"event"`
	On         time.Time `json:"on"` // midnight UTC of the date
	Post       string    `json:"post"`
	Library    string    `json:"library"`
	Kind       string    `json:"kind"`
	Commune    string    `json:"commune"`
	Province   string    `json:"province"`
	Programme  string    `json:"programme"`
	By         string    `json:"by"` // person who entered it
	RecordedAt time.Time `json:"recordedAt"`
}

// Event is what a posting says. A start while another post is held moves the person: one person holds one post at a time.
type Event string

const (
	Starts Event = "starts"
	Leaves Event = "leaves"
)

// Role is what a person may do, see scope.go.
type Role string

const (
	Learner Role = "learner" // everyone on the roster
	Trainer Role = "trainer" // writes courses
	Staff   Role = "staff"   // keeps the roster of one present province and exports its figures
	Office  Role = "office"  // programme office: every province, to read
	Admin   Role = "admin"   // accounts and settings
)

// Account is how a person signs in. A person on the roster has none until they claim it with a printed code.
type Account struct {
	ID          string    `json:"id"`   // the person's, or for people not on the roster an id of the same form
	Name        string    `json:"name"` // as the person's
	Sort        string    `json:"sort"`
	Logins      []string  `json:"logins"` // normalised phone number and user name, each also a Login document
	Hash        string    `json:"hash"`   // Argon2id, "" before the first password
	Roles       []Role    `json:"roles"`
	Keeper      bool      `json:"keeper"`   // holds a role other than learner; follows Roles, so that the few can be listed
	Province    string    `json:"province"` // the scope of staff and trainers: a present province, code; "" for none
	Session     int       `json:"session"`  // raising it ends every session of the person
	Disabled    bool      `json:"disabled"`
	Failures    int       `json:"failures"` // wrong passwords since the last right one
	LockedUntil time.Time `json:"lockedUntil"`
	ClaimsFrom  time.Time `json:"claimsFrom"` // claims made then or before do not open the account any more
	CreatedAt   time.Time `json:"createdAt"`
	ConsentedAt time.Time `json:"consentedAt"` // to the use of personal data, zero before
}

// Login makes a phone number or user name belong to one account.
type Login struct {
	ID      string    `json:"id"` // normalised
	Account string    `json:"account"`
	At      time.Time `json:"at"` // when the account began to take it; it is held once the account lists it
}

// Claim is a printed one-time code that opens an account. The code itself is not kept.
type Claim struct {
	ID        string    `json:"id"` // SHA-256 of the code, hexadecimal
	Account   string    `json:"account"`
	Roles     []Role    `json:"roles"`
	Province  string    `json:"province"`
	CreatedBy string    `json:"createdBy"`
	CreatedAt time.Time `json:"createdAt"`
	ExpiresAt time.Time `json:"expiresAt"`
	UsedAt    time.Time `json:"usedAt"` // zero: not yet
}

// The kinds of document that this package owns.
var (
	PersonKind = &store.Kind{Name: "person", Schema: 1, Doc: Person{},
		Indexes: [][]string{{"province", "sort"}, {"province", "active", "commune"}, {"commune", "fold"}, {"phone"}}}

	PostingKind = &store.Kind{Name: "posting", Schema: 1, Doc: Posting{}, Indexes: [][]string{{"person"}, {"province", "on"}}}

	AccountKind = &store.Kind{Name: "account", Schema: 1, Doc: Account{}, Indexes: [][]string{{"province", "sort"}, {"keeper", "sort"}}}

	// DecoyKind holds the one account on which wrong passwords for unknown logins are counted, so that they take as long as for a known one.
	DecoyKind = &store.Kind{Name: "decoy", Schema: 1, Doc: Account{}}

	LoginKind = &store.Kind{Name: "login", Schema: 1, Doc: Login{}, Indexes: [][]string{{"account"}}}

	ClaimKind = &store.Kind{Name: "claim", Schema: 1, Doc: Claim{}, Indexes: [][]string{{"account"}}}
)

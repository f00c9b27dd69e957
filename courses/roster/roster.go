// Package roster is who works where: [Place] lists, the [Person] and the posts they hold, and who may do what
// (scope.go). It is entered by the provinces before anyone has an account. The roster is the denominator of the
// programme's number.
package roster

import (
	"slices"
	"time"

	"lopban/courses/store"
)

// Person is one human, as the roster knows them now: what the facts say, the postings and the details.
type Person struct {
	// ten letters and digits, see NewID; printed in exports, so that a row finds its person again
	ID        string    `json:"id"`
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
	// why this entry is nobody any more: Struck, Joined or Undone; "" for everybody else
	Gone string `json:"gone"`
	Into string `json:"into"` // of one that is Joined, the id of the entry that is kept
	Also string `json:"also"` // ids of the entries that were joined to this one, with spaces between
	// imports whose postings do not hold, each as person/import, with spaces between
	Undone    string    `json:"undone"`
	Erased    bool      `json:"erased,omitempty"` // their data were erased: nobody knows who it was
	Quiet     bool      `json:"quiet,omitempty"`  // does not want to be called about courses
	UpdatedAt time.Time `json:"updatedAt"`
}

// Posting is the fact that a person starts or leaves a post at a library.
type Posting struct {
	// person/event/date/commune/folded library: made of what it says, so that saying it twice changes nothing
	ID         string    `json:"id"`
	Person     string    `json:"person"`
	Event      Event     `json:"event"`
	On         time.Time `json:"on"` // midnight UTC of the date
	Post       string    `json:"post"`
	Library    string    `json:"library"`
	Kind       string    `json:"kind"`
	Commune    string    `json:"commune"`
	Province   string    `json:"province"`
	Programme  string    `json:"programme"`
	Import     string    `json:"import"`             // that said it, see Intake; "" when it was entered by hand
	Transfer   string    `json:"transfer,omitempty"` // between provinces of which it is a part
	By         string    `json:"by"`                 // person who entered it
	RecordedAt time.Time `json:"recordedAt"`
}

// Event is what a posting says. A start while another post is held moves the person: one person holds one post at a
// time.
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
	ID     string   `json:"id"`   // the person's, or for people not on the roster an id of the same form
	Name   string   `json:"name"` // as the person's
	Sort   string   `json:"sort"`
	Logins []string `json:"logins"` // normalised phone number and user name, each also a Login document
	Hash   string   `json:"hash"`   // Argon2id, "" before the first password
	Roles  []Role   `json:"roles"`
	// holds a role other than learner; follows Roles, so that the few can be listed
	Keeper      bool      `json:"keeper"`
	Province    string    `json:"province"` // the scope of staff and trainers: a present province, code; "" for none
	Session     int       `json:"session"`  // raising it ends every session of the person
	Disabled    bool      `json:"disabled"`
	Switched    int       `json:"switched,omitempty"` // how often it was disabled or enabled
	Failures    int       `json:"failures"`           // wrong passwords or codes of the last lock; zero once it was opened
	LockedAt    time.Time `json:"lockedAt"`           // when the last lock began, see accounts.Tally
	LockedUntil time.Time `json:"lockedUntil"`        // when it ends, if nobody fails again; zero once it was opened
	LockTold    bool      `json:"lockTold"`           // the person was told of it
	Unlocked    int       `json:"unlocked"`           // raising it forgets the wrong passwords before
	ClaimsFrom  time.Time `json:"claimsFrom"`         // claims made then or before do not open the account any more
	CreatedAt   time.Time `json:"createdAt"`
	ConsentedAt time.Time `json:"consentedAt"` // to the use of personal data, zero before

	// what proves, besides the password, that it is they; zero: nothing is asked
	Second Second `json:"second"`
	// since when one is asked of an administrator or the office; zero: not yet
	SecondAsked time.Time `json:"secondAsked"`

	Into string   `json:"into"`           // the account that this one leads to: its person was entered twice
	Lent []string `json:"lent,omitempty"` // the logins that it gave that account

	// logins that another one replaces, and until when they are taken
	Ending map[string]time.Time `json:"ending,omitempty"`
}

// Charge is the fact of what an account beyond learning is called, and what it may do where, from a day on. What it
// was before stays, and can come back.
type Charge struct {
	ID         string    `json:"id"` // the account's, "/", and when it was said
	Account    string    `json:"account"`
	Name       string    `json:"name"`
	Roles      []Role    `json:"roles"`
	Province   string    `json:"province"`
	On         time.Time `json:"on"` // midnight UTC
	By         string    `json:"by"`
	RecordedAt time.Time `json:"recordedAt"`
}

// Takes says whether the account is signed in to with a login at a time.
func (a Account) Takes(login string, at time.Time) bool {
	until, ends := a.Ending[login]
	return slices.Contains(a.Logins, login) && (!ends || at.Before(until))
}

// LoginsAt lists the logins by which the account is signed in to at a time, those that stay first.
func (a Account) LoginsAt(at time.Time) []string {
	var stay, end []string
	for _, login := range a.Logins {
		if _, ends := a.Ending[login]; !ends {
			stay = append(stay, login)
		} else if a.Takes(login, at) {
			end = append(end, login)
		}
	}
	return append(stay, end...)
}

// Second is a second factor: the codes of an authenticator app (TOTP, RFC 6238), and printed ones for the day the phone
// is lost.
type Second struct {
	Secret string    `json:"secret"` // base 32, shared with the app; "" for none
	Draft  string    `json:"draft"`  // a secret that no code of the app has proved yet
	At     time.Time `json:"at"`     // when it was set up
	// the last half minute whose code was used: its code and earlier ones are refused
	Step     int64    `json:"step"`
	Recovery []string `json:"recovery,omitempty"` // SHA-256 of each printed code that was not used, hexadecimal
}

// Login makes a phone number or user name belong to one account.
type Login struct {
	ID      string    `json:"id"` // normalised
	Account string    `json:"account"`
	At      time.Time `json:"at"` // when the account began to take it; it is held once the account lists it
}

// Claim is a printed one-time code that opens an account. The code itself is not kept.
type Claim struct {
	ID        string    `json:"id"` // a digest of the code under a key that no backup holds
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
	PersonKind = &store.Kind{Name: "person", Schema: 2, Order: 510, Person: "id", Doc: Person{}, Upgrade: refold,
		Indexes: [][]string{{"province", "sort"}, {"province", "active", "commune"}, {"commune", "sort", "id", "fold"}, {"fold", "province"}, {"phone"}, {"into"}}}

	PostingKind = &store.Kind{Name: "posting", Schema: 1, Order: 470, Fact: true, Person: "person", Doc: Posting{}, Indexes: [][]string{{"person"}, {"province", "on"}, {"recordedAt"}, {"import"}}}

	AccountKind = &store.Kind{Name: "account", Schema: 1, Order: 450, Person: "id", Doc: Account{}, Indexes: [][]string{{"province", "sort"}, {"keeper", "sort"}}}

	ChargeKind = &store.Kind{Name: "charge", Schema: 1, Order: 440, Fact: true, Person: "account", Doc: Charge{}, Indexes: [][]string{{"account"}}}

	// DecoyKind is of release 0.1.0: the one account on which wrong passwords for unknown logins were counted.
	DecoyKind = &store.Kind{Name: "decoy", Schema: 1, Order: 430, Doc: Account{}}

	LoginKind = &store.Kind{Name: "login", Schema: 1, Order: 460, Person: "account", Doc: Login{}, Indexes: [][]string{{"account"}}}

	// Claims of schema 1 have plain digests for ids; accounts.Rekey moves them.
	ClaimKind = &store.Kind{Name: "claim", Schema: 2, Order: 420, Person: "account", Doc: Claim{}, Indexes: [][]string{{"account"}}}
)

// refold brings people of the first releases to the folding of now, which takes Ð and Ɖ for Đ.
func refold(doc any, _ int) error {
	p := doc.(*Person)
	p.Fold, p.Sort = Fold(p.Name), SortKey(p.Name)
	return nil
}

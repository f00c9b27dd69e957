package console

import "time"

// Ahead is how far the program's clock runs ahead of the machine's, such as "87600h".
// Releases leave it empty: only tests link a program with another value (-ldflags "-X
// lopban/cmd/lopban/console.Ahead=…").
var Ahead string

// Clock is the time of everything that the program records.
func Clock() time.Time {
	if Ahead == "" {
		return time.Now()
	}
	d, err := time.ParseDuration(Ahead)
	if err != nil {
		panic("console.Ahead was linked as " + Ahead)
	}
	return time.Now().Add(d)
}

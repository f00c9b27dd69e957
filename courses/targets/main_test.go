package targets

import (
	"flag"
	"os"
	"testing"
)

// TestMain tries half of the random histories, each of which needs a store of its own; with LOPBAN_LONG, as in
// .ci/run, all of them. -rapid.checks says how many.
func TestMain(m *testing.M) {
	if os.Getenv("LOPBAN_LONG") == "" {
		if err := flag.Set("rapid.checks", "50"); err != nil {
			panic(err) // only when rapid has no flag of this name
		}
	}
	os.Exit(m.Run())
}

package console

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

// Bar shows how far something is: on a terminal as a bar on one line, elsewhere as a line for every tenth.
type Bar struct {
	Out io.Writer

	mu   sync.Mutex
	what string
	step int
}

const barSteps = 40

func (b *Bar) Show(what string, done, total int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	steps := 10
	live := isTerminal(b.Out)
	if live {
		steps = barSteps
	}
	step := steps * done / max(total, 1)
	if what == b.what && step <= b.step {
		return
	}
	b.what, b.step = what, step
	if !live {
		fmt.Fprintf(b.Out, "lopban: %s %d of %d\n", what, done, total)
		return
	}
	fmt.Fprintf(b.Out, "\r%-10s [%s%s] %d of %d ", what, strings.Repeat("#", step), strings.Repeat(".", steps-step), done, total)
	if done >= total {
		fmt.Fprintln(b.Out)
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

package edge

import (
	"fmt"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

func TestBurdenIsBounded(t *testing.T) {
	var b Burden
	now := time.Now()
	var all []*fasthttp.RequestHeader
	fill := func(accounts int) (n int) {
		for i := range accounts {
			for {
				h := new(fasthttp.RequestHeader)
				if !b.Enter(h, Load{fmt.Sprint(i), 4 << 20, now.Add(time.Hour)}, now) {
					break
				}
				all = append(all, h)
				n++
			}
		}
		return n
	}
	if n := fill(1); n != OwnBurden/(4<<20) {
		t.Errorf("one account has %d of 4 MiB", n)
	}
	if fill(100); len(all) != mostBurden/(4<<20) {
		t.Errorf("there are %d of 4 MiB", len(all))
	}
	b.Leave(all[0])
	b.Leave(all[0])
	if n := fill(100); n != 1 {
		t.Errorf("one ended, and %d came", n)
	}
	now = now.Add(2 * time.Hour) // nobody said that they ended
	if n := fill(100); n != mostBurden/(4<<20) || len(b.all) != n {
		t.Errorf("all ended long ago, and %d came; %d are remembered", n, len(b.all))
	}
	for h := range b.all {
		b.Leave(h)
	}
	if b.Now != 0 || len(b.held) != 0 {
		t.Errorf("of nothing %d bytes and %v are held", b.Now, b.held)
	}
}

package edge

import (
	"bytes"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"lopban/courses/problem"
)

// MaxPairs bounds a form: what it is taken apart into can take a hundred times its memory. No page of ours sends as
// many.
const MaxPairs = 20_000

// What bodies larger than a form may take together, in bytes: their memory is held from the first byte to the answer,
// however slowly they come.
const (
	mostBurden = 64 << 20
	OwnBurden  = 24 << 20 // of one account: photosBody and a little
)

// Burden counts the large bodies that are being read and worked on.
type Burden struct {
	mu   sync.Mutex
	all  map[*fasthttp.RequestHeader]Load // fasthttp has one header for each connection that it serves
	Now  int
	held map[string]int // by account
}

type Load struct {
	Who   string
	Bytes int
	Until time.Time // nothing takes longer; of a connection that ended in the middle nobody is told
}

// Enter takes a body in, or says that there is no room for it now.
func (b *Burden) Enter(h *fasthttp.RequestHeader, l Load, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all == nil {
		b.all, b.held = map[*fasthttp.RequestHeader]Load{}, map[string]int{}
	}
	if b.Now+l.Bytes > mostBurden || b.held[l.Who]+l.Bytes > OwnBurden {
		for h, old := range b.all {
			if now.After(old.Until) {
				b.remove(h)
			}
		}
	}
	if b.Now+l.Bytes > mostBurden || b.held[l.Who]+l.Bytes > OwnBurden {
		return false
	}
	b.all[h] = l
	b.Now += l.Bytes
	b.held[l.Who] += l.Bytes
	return true
}

// Leave forgets the body that came with a header, if there was one.
func (b *Burden) Leave(h *fasthttp.RequestHeader) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.remove(h)
}

func (b *Burden) remove(h *fasthttp.RequestHeader) {
	l, ok := b.all[h]
	if !ok {
		return
	}
	delete(b.all, h)
	b.Now -= l.Bytes
	if b.held[l.Who] -= l.Bytes; b.held[l.Who] == 0 {
		delete(b.held, l.Who)
	}
}

// Simple refuses a form of more parts than any page of ours sends, before it is taken apart.
func Simple(c *fiber.Ctx) error {
	if strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEApplicationForm) && bytes.Count(c.Request().Body(), []byte{'&'}) >= MaxPairs {
		return problem.Invalid("", "too-many-parts")
	}
	return nil
}

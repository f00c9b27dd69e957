package server

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/gofiber/fiber/v2"
)

// cacheSize is how many values a cache holds: more than a year's course versions have lessons.
const cacheSize = 2000

// cache keeps values that never change once made. When it is full it starts again: nothing is lost but time.
type cache[V any] struct {
	mu     sync.RWMutex
	values map[string]V
	most   int        // values that it holds; 0 is cacheSize
	making sync.Mutex // one at a time: packing a page takes 40 MB for a moment, and in the morning everybody asks for the same
}

// get gives the value of a key, and builds it at the first time. What could not be built is not kept.
func (c *cache[V]) get(key string, build func() (V, error)) (V, error) {
	c.mu.RLock()
	v, ok := c.values[key]
	c.mu.RUnlock()
	if ok {
		return v, nil
	}
	c.making.Lock()
	defer c.making.Unlock()
	c.mu.RLock()
	v, ok = c.values[key]
	c.mu.RUnlock()
	if ok { // somebody else made it meanwhile
		return v, nil
	}
	v, err := build()
	if err != nil {
		return v, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.values == nil || len(c.values) >= cmp.Or(c.most, cacheSize) {
		c.values = map[string]V{}
	}
	c.values[key] = v
	return v, nil
}

// packed is a page that many readers get, compressed once.
type packed struct{ plain, gzip, brotli []byte }

func packPage(html []byte) packed {
	var g, b bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&g, gzip.BestCompression) // the level is a right one, and memory does not fail
	zip.Write(html)
	zip.Close()
	br := brotli.NewWriterLevel(&b, brotli.BestCompression)
	br.Write(html)
	br.Close()
	return packed{html, g.Bytes(), b.Bytes()}
}

// send answers with the page in the best form that the reader takes.
func (p packed) send(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	c.Vary(fiber.HeaderAcceptEncoding)
	switch takes := c.Get(fiber.HeaderAcceptEncoding); {
	case strings.Contains(takes, "br"):
		c.Set(fiber.HeaderContentEncoding, "br")
		return c.Send(p.brotli)
	case strings.Contains(takes, "gzip"):
		c.Set(fiber.HeaderContentEncoding, "gzip")
		return c.Send(p.gzip)
	}
	return c.Send(p.plain)
}

package page

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/gofiber/fiber/v2"
)

// cacheSize is how many values a cache holds: more than a year's course versions have lessons.
const cacheSize = 2000

// Cache keeps values that never change once made. When it is full it starts again: nothing is lost but time.
type Cache[V any] struct {
	mu     sync.RWMutex
	values map[string]V
	Most   int // values that it holds; 0 is cacheSize
	// one at a time: packing a page takes 40 MB for a moment, and in the morning everybody asks for the same
	making sync.Mutex
}

// known gives the value of a key that was made before.
func (c *Cache[V]) known(key string) (V, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	v, ok := c.values[key]
	return v, ok
}

func (c *Cache[V]) keep(key string, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.values == nil || len(c.values) >= cmp.Or(c.Most, cacheSize) {
		c.values = map[string]V{}
	}
	c.values[key] = v
}

// Get gives the value of a key, and makes it at the first time: gather reads what is needed of the store, while others
// go on, and build makes the value of it, one at a time. What could not be made is not kept.
func (c *Cache[V]) Get(key string, gather func() error, build func() (V, error)) (V, error) {
	if v, ok := c.known(key); ok {
		return v, nil
	}
	if err := gather(); err != nil {
		var none V
		return none, err
	}
	c.making.Lock()
	defer c.making.Unlock()
	if v, ok := c.known(key); ok { // somebody else made it meanwhile
		return v, nil
	}
	v, err := build()
	if err == nil {
		c.keep(key, v)
	}
	return v, err
}

// Packed is the part of a page that many readers get, compressed once. Each gets an end of their own behind it.
type Packed struct {
	plain, gzip, brotli []byte
	crc                 uint32 // of plain
	tag                 string // hash of plain
}

// PackPage packs the beginning of a page. Both forms end at a whole byte and can go on.
func PackPage(head []byte) Packed {
	var g, b bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&g, gzip.BestCompression) // the level is a right one, and memory does not fail
	zip.Write(head)
	zip.Flush()
	br := brotli.NewWriterLevel(&b, brotli.BestCompression)
	br.Write(head)
	br.Flush()
	sum := sha256.Sum256(head)
	return Packed{head, g.Bytes(), b.Bytes(), crc32.ChecksumIEEE(head), hex.EncodeToString(sum[:8])}
}

// gzipped is the whole page: the tail as a stored block (RFC 1951, 3.2.4), which is the last, and the sums (RFC 1952).
func (p Packed) gzipped(tail string) []byte {
	n := uint16(len(tail))
	whole := append(make([]byte, 0, len(p.gzip)+len(tail)+13), p.gzip...)
	whole = append(whole, 1, byte(n), byte(n>>8), byte(^n), byte(^n>>8))
	whole = append(whole, tail...)
	whole = binary.LittleEndian.AppendUint32(whole, crc32.Update(p.crc, crc32.IEEETable, []byte(tail)))
	return binary.LittleEndian.AppendUint32(whole, uint32(len(p.plain)+len(tail)))
}

// brotlied is the whole page: the tail as an uncompressed meta-block, and an empty last one (RFC 7932, 9.2).
func (p Packed) brotlied(tail string) []byte {
	head := uint32(len(tail)-1)<<3 | 1<<19
	whole := append(make([]byte, 0, len(p.brotli)+len(tail)+4), p.brotli...)
	whole = append(whole, byte(head), byte(head>>8), byte(head>>16))
	whole = append(whole, tail...)
	return append(whole, 3)
}

// Send answers with the page and its tail, of 1 to 65,535 bytes, in the best form that the reader takes. The browser
// may keep it for the way back, and asks before it shows it again on any other way.
func (p Packed) Send(c *fiber.Ctx, tail string) error {
	sum := sha256.Sum256([]byte(tail))
	tag := `W/"` + p.tag + hex.EncodeToString(sum[:8]) + `"`
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	c.Set(fiber.HeaderCacheControl, "private, no-cache")
	c.Set(fiber.HeaderETag, tag)
	c.Vary(fiber.HeaderAcceptEncoding)
	if c.Get(fiber.HeaderIfNoneMatch) == tag {
		return c.SendStatus(fiber.StatusNotModified)
	}
	switch takes := c.Get(fiber.HeaderAcceptEncoding); {
	case strings.Contains(takes, "br"):
		c.Set(fiber.HeaderContentEncoding, "br")
		return c.Send(p.brotlied(tail))
	case strings.Contains(takes, "gzip"):
		c.Set(fiber.HeaderContentEncoding, "gzip")
		return c.Send(p.gzipped(tail))
	}
	return c.Send(append(p.plain[:len(p.plain):len(p.plain)], tail...))
}

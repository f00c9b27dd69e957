package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"lopban/cmd/lopban/console"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/store"
)

func TestEveryKindSaysWhatItIs(t *testing.T) {
	at := map[int]string{}
	for _, k := range programme.Kinds() {
		if k.Secret != (k.Order == 0) {
			t.Errorf("kind %s: a secret has no place in a backup, and every other kind has one", k.Name)
		}
		if other := at[k.Order]; other != "" && !k.Secret {
			t.Errorf("kinds %s and %s have the same place in a backup", k.Name, other)
		}
		at[k.Order] = k.Name
		doc, err := k.New()
		if doc == nil || err != nil {
			t.Errorf("kind %s has no Doc to read it by: %v", k.Name, err)
			continue
		}
		if k.Person != "" && !hasField(reflect.TypeOf(doc).Elem(), k.Person) {
			t.Errorf("kind %s: there is no field %q that names a person", k.Name, k.Person)
		}
	}
}

// hasField says whether a document has a text field of that name, by itself or in what it embeds.
func hasField(t reflect.Type, name string) bool {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == name && f.Type.Kind() == reflect.String || f.Anonymous && tag == "" && hasField(f.Type, name) {
			return true
		}
	}
	return false
}

// sampler fills documents with values of which no two are alike.
type sampler struct{ n, deep int }

// fill gives every field a value, or with bare only those that a document cannot be without.
func (s *sampler) fill(k *store.Kind, bare bool) any {
	doc, err := k.New()
	if err != nil {
		panic(err)
	}
	v := reflect.ValueOf(doc).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		needed := name == "id"
		for _, u := range k.Unique {
			needed = needed || name == u
		}
		if needed || !bare {
			s.set(v.Field(i))
		}
	}
	return doc
}

func (s *sampler) set(v reflect.Value) {
	if s.deep++; s.deep > 8 { // of what holds its own kind
		s.deep--
		return
	}
	defer func() { s.deep-- }()
	s.n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("Điện Biên <&> \u2028 \"%d\"", s.n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(s.n))
	case reflect.Float64:
		v.SetFloat(float64(s.n) + 0.1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Interface: // what fills the places of a message
		v.Set(reflect.ValueOf(fmt.Sprintf("Điện Biên %d", s.n)))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		s.set(v.Elem())
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte{0, 255, byte(s.n)})
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		s.set(v.Index(0))
		s.set(v.Index(1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			s.set(key)
			s.set(value)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, 5, s.n%1000*1e6, time.UTC)))
			return
		}
		for i := range v.NumField() {
			s.set(v.Field(i))
		}
	default:
		panic("no sample of " + v.Type().String())
	}
}

// login is a small document of a kind that is archived.
func login(id string) *roster.Login { return &roster.Login{ID: id, Account: "of " + id} }

// smallArchive has two documents and two blobs.
func smallArchive(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := console.NewArchive(&b, console.ArchiveHead{Kinds: []console.ArchiveKind{{Name: "login", Schema: 1}}})
	for _, e := range []error{err, w.Document(roster.LoginKind, login("a")), w.Document(roster.LoginKind, login("b")), w.Blob("paper", []byte("%PDF")), w.Blob("empty", nil), w.Close()} {
		if e != nil {
			t.Fatal(e)
		}
	}
	return b.Bytes()
}

// read lists what an archive holds, as the visitor is given it.
func read(archive []byte) (string, console.ArchiveEnd, error) {
	var b strings.Builder
	_, end, err := console.ReadArchive(bytes.NewReader(archive), console.ArchivedKinds(), console.ArchiveVisitor{
		Document: func(k *store.Kind, doc any) error { fmt.Fprintf(&b, "%s %+v\n", k.Name, doc); return nil },
		Blob:     func(name string, data []byte) error { fmt.Fprintf(&b, "%s %q\n", name, data); return nil },
	})
	return b.String(), end, err
}

func TestArchiveReads(t *testing.T) {
	got, end, err := read(smallArchive(t))
	nobody := "0001-01-01 00:00:00 +0000 UTC"
	want := "login &{ID:a Account:of a At:" + nobody + "}\nlogin &{ID:b Account:of b At:" + nobody + "}\npaper \"%PDF\"\nempty \"\"\n"
	if err != nil || got != want || end.Documents != 2 || end.Blobs != 2 {
		t.Errorf("read %s%+v, %v", got, end, err)
	}
}

func TestArchiveIsRefusedWhereverItIsCut(t *testing.T) {
	whole := smallArchive(t)
	for n := range whole {
		if _, _, err := read(whole[:n]); !isFault(err) {
			t.Fatalf("cut after %d of %d bytes: %v", n, len(whole), err)
		}
	}
}

func TestArchiveIsRefusedWhereverItIsChanged(t *testing.T) {
	whole := smallArchive(t)
	want, wantEnd, err := read(whole)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		for bit := range 8 {
			changed := bytes.Clone(whole)
			changed[i] ^= 1 << bit
			// a few bits of gzip's header say nothing about the content
			if got, end, err := read(changed); !isFault(err) && (err != nil || got != want || end != wantEnd) {
				t.Fatalf("bit %d of byte %d changed: %v\n%s", bit, i, err, got)
			}
		}
	}
}

func isFault(err error) bool {
	var f console.ArchiveFault
	return errors.As(err, &f)
}

// pack writes lines as an archive would have them, with the end that fits them unless it is given.
func pack(lines []string, end string) []byte {
	text := strings.Join(lines, "\n") + "\n"
	if end == "" {
		sum := sha256.Sum256([]byte(text))
		blobs := strings.Count(text, `{"blob":`)
		end = fmt.Sprintf(`{"end":{"documents":%d,"blobs":%d,"sha256":"%s"}}`, len(lines)-1-blobs, blobs, hex.EncodeToString(sum[:]))
	}
	return zipped(text + end + "\n")
}

func zipped(text string) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	io.WriteString(w, text)
	w.Close()
	return b.Bytes()
}

const (
	goodHead = `{"format":"lopban backup","version":1,"program":"","madeAt":"2026-12-05T02:00:00Z","kinds":[{"name":"login","schema":1},{"name":"completion","schema":1}]}`
	goodDoc  = `{"kind":"login","doc":{"id":"a","account":"of a","at":"0001-01-01T00:00:00Z"}}`
)

// harmed is an archive that must be refused, and a part of what is said of it.
type harmed struct {
	archive []byte
	says    string
}

// hostile are small archives that must be refused, by what is wrong with them.
func hostile() map[string]harmed {
	return map[string]harmed{
		"nothing":                 {nil, "not a backup"},
		"not gzip":                {[]byte("PK\x03\x04"), "not a backup"},
		"gzip of nothing":         {zipped(""), "not a backup"},
		"gzip of something else":  {zipped("Lớp Bản\n"), "not a backup"},
		"another format":          {pack([]string{`{"format":"other","version":1}`}, ""), "not a backup"},
		"a later format":          {pack([]string{`{"format":"lopban backup","version":2}`}, ""), "newer lopban"},
		"a kind of the future":    {pack([]string{`{"format":"lopban backup","version":1,"kinds":[{"name":"badge","schema":1}]}`}, ""), "newer lopban"},
		"a schema of the future":  {pack([]string{`{"format":"lopban backup","version":1,"kinds":[{"name":"login","schema":99}]}`}, ""), "newer lopban"},
		"keys":                    {pack([]string{`{"format":"lopban backup","version":1,"kinds":[{"name":"key","schema":1}]}`}, ""), "newer lopban"},
		"a kind that is unnamed":  {pack([]string{goodHead, `{"kind":"person","doc":{"id":"a"}}`}, ""), "of no kind"},
		"an unknown field":        {pack([]string{goodHead, `{"kind":"login","doc":{"id":"a","role":"admin"}}`}, ""), "unknown field"},
		"an unknown line":         {pack([]string{goodHead, `{"file":"../../etc/passwd"}`}, ""), "unknown field"},
		"a document without id":   {pack([]string{goodHead, `{"kind":"login","doc":{"account":"x"}}`}, ""), "no id"},
		"no document":             {pack([]string{goodHead, `{"kind":"login"}`}, ""), "login, document 1"},
		"null":                    {pack([]string{goodHead, `{"kind":"login","doc":null}`}, ""), "no id"},
		"a unique value is empty": {pack([]string{goodHead, `{"kind":"completion","doc":{"id":"a"}}`}, ""), "is empty"},
		"a text for a time":       {pack([]string{goodHead, `{"kind":"login","doc":{"id":"a","at":"soon"}}`}, ""), "login, document 1"},
		"an object for a text":    {pack([]string{goodHead, `{"kind":"login","doc":{"id":{"$gt":""}}}`}, ""), "login, document 1"},
		"no JSON":                 {pack([]string{goodHead, `<html>`}, ""), "line 2"},
		"the wrong checksum":      {pack([]string{goodHead, goodDoc}, `{"end":{"documents":1,"blobs":0,"sha256":"00"}}`), "checksum"},
		"no end":                  {zipped(goodHead + "\n" + goodDoc + "\n"), "too early"},
		"an end that is cut":      {pack([]string{goodHead, goodDoc}, `{"end":`), "line 3"},
		"more behind the end":     {zipped(unzipped(pack([]string{goodHead, goodDoc}, "")) + goodDoc + "\n"), "follows its end"},
		"a second file behind it": {append(pack([]string{goodHead, goodDoc}, ""), zipped("x")...), "follows its end"},
		"bytes behind it":         {append(pack([]string{goodHead, goodDoc}, ""), "rubbish"...), "damaged"},
	}
}

// huge are archives that must be refused before they fill the memory.
func huge() map[string]harmed {
	return map[string]harmed{
		"an endless first line": {zipped(strings.Repeat("[", 1<<20)), "not a backup"},
		"a line of 65 MiB":      {zipped(goodHead + "\n" + strings.Repeat(" ", 65<<20)), "too long"},
		"an array without end":  {pack([]string{goodHead, `{"kind":"login","doc":` + strings.Repeat("[", 1<<20)}, ""), "line 2"},
	}
}

func unzipped(archive []byte) string {
	r, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return ""
	}
	text, _ := io.ReadAll(r)
	return string(text)
}

func TestHostileArchiveIsRefused(t *testing.T) {
	if _, _, err := read(pack([]string{goodHead, goodDoc}, "")); err != nil {
		t.Fatalf("the control: %v", err)
	}
	all := hostile()
	maps.Copy(all, huge())
	for name, c := range all {
		if _, _, err := read(c.archive); !isFault(err) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want a fault with %q", name, err, c.says)
		}
	}
}

// FuzzArchive reads any text as the content of an archive. What is taken must be whole: its end counts what the visitor
// saw.
func FuzzArchive(f *testing.F) {
	f.Add(unzipped(smallArchive(f)))
	for _, c := range hostile() {
		f.Add(unzipped(c.archive))
	}
	f.Fuzz(func(t *testing.T, text string) {
		documents, blobs := 0, 0
		_, end, err := console.ReadArchive(bytes.NewReader(zipped(text)), console.ArchivedKinds(), console.ArchiveVisitor{
			Document: func(k *store.Kind, doc any) error {
				documents++
				if id, _, err := k.Values(doc); err != nil || id == "" {
					t.Errorf("%s %q: %v", k.Name, id, err)
				}
				return nil
			},
			Blob: func(name string, _ []byte) error {
				blobs++
				if name == "" {
					t.Error("a blob without a name")
				}
				return nil
			},
		})
		if err != nil && !isFault(err) {
			t.Errorf("%v is no sentence about the file", err)
		}
		if err == nil && (end.Documents != documents || end.Blobs != blobs || len(end.SHA256) != 64) {
			t.Errorf("the end is %+v after %d documents and %d blobs", end, documents, blobs)
		}
	})
}

// FuzzArchiveBytes reads any bytes as an archive.
func FuzzArchiveBytes(f *testing.F) {
	whole := smallArchive(f)
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte{0x1f, 0x8b})
	f.Fuzz(func(t *testing.T, archive []byte) {
		if _, _, err := read(archive); err != nil && !isFault(err) {
			t.Errorf("%v is no sentence about the file", err)
		}
	})
}

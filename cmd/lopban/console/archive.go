package console

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"lopban/courses/store"
)

// An archive is a store as one file, the same for both engines: gzip of lines of JSON. The first line is an
// archiveHead, then each line is a document or a blob, in any order, and the last one says how many there were and the
// SHA-256 of every byte before it. "zcat FILE | head" shows it to people.
const (
	archiveFormat  = "lopban backup"
	archiveVersion = 1
	// maxArchiveLine is the longest line, in bytes: three times the largest blob that the server takes in.
	maxArchiveLine = 64 << 20
)

type ArchiveHead struct {
	Format  string        `json:"format"`
	Version int           `json:"version"`
	Program string        `json:"program"` // that wrote it
	MadeAt  time.Time     `json:"madeAt"`  // when it was begun: what was acknowledged before is in it
	Kinds   []ArchiveKind `json:"kinds"`
}

type ArchiveKind struct {
	Name   string `json:"name"`
	Schema int    `json:"schema"`
}

// archiveLine is a document of a kind, or a blob, or the end.
type archiveLine struct {
	Kind string      `json:"kind,omitempty"`
	Doc  any         `json:"doc,omitempty"`
	Blob string      `json:"blob,omitempty"`
	Data []byte      `json:"data,omitempty"`
	End  *ArchiveEnd `json:"end,omitempty"`
}

type ArchiveEnd struct {
	Documents int    `json:"documents"`
	Blobs     int    `json:"blobs"`
	SHA256    string `json:"sha256"` // hexadecimal
}

// archiveWriter writes an archive. Its errors are those of the writer beneath.
type archiveWriter struct {
	zip  *gzip.Writer
	hash hash.Hash
	line bytes.Buffer
	end  ArchiveEnd
}

func NewArchive(to io.Writer, head ArchiveHead) (*archiveWriter, error) {
	w := &archiveWriter{zip: gzip.NewWriter(to), hash: sha256.New()}
	head.Format, head.Version = archiveFormat, archiveVersion
	return w, w.put(head)
}

func (w *archiveWriter) Document(k *store.Kind, doc any) error {
	w.end.Documents++
	return w.put(archiveLine{Kind: k.Name, Doc: doc})
}

func (w *archiveWriter) Blob(name string, data []byte) error {
	w.end.Blobs++
	return w.put(archiveLine{Blob: name, Data: data})
}

func (w *archiveWriter) Close() error {
	w.end.SHA256 = hex.EncodeToString(w.hash.Sum(nil))
	return errors.Join(w.put(archiveLine{End: &w.end}), w.zip.Close())
}

func (w *archiveWriter) put(line any) error {
	w.line.Reset()
	enc := json.NewEncoder(&w.line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(line); err != nil {
		return err
	}
	if w.line.Len() > maxArchiveLine {
		return fmt.Errorf("a line of %d bytes is too long for a backup", w.line.Len())
	}
	w.hash.Write(w.line.Bytes())
	_, err := w.zip.Write(w.line.Bytes())
	return err
}

// ArchiveFault is what is wrong with an archive, as the end of a sentence that begins with the name of the file.
type ArchiveFault string

func (f ArchiveFault) Error() string { return string(f) }

const (
	notArchive   ArchiveFault = "is not a backup made by lopban"
	newerArchive ArchiveFault = "was made by a newer lopban; restore it with that version or a later one"
)

func damaged(what string, args ...any) error {
	return ArchiveFault("is damaged (" + fmt.Sprintf(what, args...) + "); take another copy of it")
}

// ArchiveVisitor is called with everything in an archive, before it is known whether the archive is whole. doc is a
// pointer to a struct of the kind; data is not kept.
type ArchiveVisitor struct {
	Document func(k *store.Kind, doc any) error
	Blob     func(name string, data []byte) error
}

// ReadArchive reads an archive to its end and checks all of it: the checksum, and that every document is one of these
// kinds in a shape that this program writes, or an older one, which it upgrades. Memory does not grow with the archive.
// The error is an archiveFault, or one of the visitor.
func ReadArchive(from io.Reader, kinds []*store.Kind, to ArchiveVisitor) (ArchiveHead, ArchiveEnd, error) {
	r, err := openArchive(from, kinds)
	if err != nil {
		return ArchiveHead{}, ArchiveEnd{}, err
	}
	for {
		end, err := r.next(to)
		if err != nil || end != nil {
			return r.head, r.seen, err
		}
	}
}

type archiveReader struct {
	text  *bufio.Reader
	hash  hash.Hash
	line  []byte
	head  ArchiveHead
	kinds map[string]*store.Kind // that the head names
	wrote map[string]int         // the schema of each when it was written
	seen  ArchiveEnd
}

func openArchive(from io.Reader, kinds []*store.Kind) (*archiveReader, error) {
	zip, err := gzip.NewReader(from)
	if err != nil {
		return nil, notArchive
	}
	r := &archiveReader{text: bufio.NewReaderSize(zip, 64<<10), hash: sha256.New(), kinds: map[string]*store.Kind{}, wrote: map[string]int{}}
	if err := r.read(4096); err != nil {
		return nil, notArchive
	}
	if json.Unmarshal(r.line, &r.head) != nil || r.head.Format != archiveFormat {
		return nil, notArchive
	}
	r.hash.Write(r.line)
	if r.head.Version != archiveVersion {
		return nil, newerArchive
	}
	known := map[string]*store.Kind{}
	for _, k := range kinds {
		known[k.Name] = k
	}
	for _, k := range r.head.Kinds {
		if known[k.Name] == nil || k.Schema > known[k.Name].Schema {
			return nil, newerArchive
		}
		r.kinds[k.Name], r.wrote[k.Name] = known[k.Name], k.Schema
	}
	return r, nil
}

// read reads the next line, at most so long, and adds it to the checksum.
func (r *archiveReader) read(longest int) error {
	r.line = r.line[:0]
	for {
		part, err := r.text.ReadSlice('\n')
		if len(r.line)+len(part) > longest {
			return damaged("a line is too long")
		}
		r.line = append(r.line, part...)
		if err == nil {
			return nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return cut(err)
		}
	}
}

func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return damaged("it ends too early")
	}
	return damaged("%v", err)
}

// next reads a line. It gives the end when that is reached and the archive is whole.
func (r *archiveReader) next(to ArchiveVisitor) (*ArchiveEnd, error) {
	if err := r.read(maxArchiveLine); err != nil {
		return nil, err
	}
	var line struct {
		Kind string
		Doc  json.RawMessage
		Blob string
		Data []byte
		End  *ArchiveEnd
	}
	if err := strictly(r.line, &line); err != nil {
		return nil, damaged("line %d: %v", r.seen.Documents+r.seen.Blobs+2, err)
	}
	if line.End != nil {
		return line.End, r.finish(*line.End)
	}
	r.hash.Write(r.line)
	if line.Blob != "" {
		r.seen.Blobs++
		return nil, to.Blob(line.Blob, line.Data)
	}
	r.seen.Documents++
	k := r.kinds[line.Kind]
	if k == nil {
		return nil, damaged("document %d is of no kind that it names at its beginning", r.seen.Documents)
	}
	doc, err := k.New()
	if err != nil {
		return nil, err
	}
	if err = strictly(line.Doc, doc); err == nil {
		_, err = k.Renew(doc, r.wrote[k.Name])
	}
	if err == nil {
		_, _, err = k.Values(doc)
	}
	if err != nil {
		return nil, damaged("%s, document %d: %v", k.Name, r.seen.Documents, err)
	}
	return nil, to.Document(k, doc)
}

// finish compares the end with what was read, and sees to it that nothing follows.
func (r *archiveReader) finish(end ArchiveEnd) error {
	r.seen.SHA256 = hex.EncodeToString(r.hash.Sum(nil))
	if end != r.seen {
		return damaged("its checksum is not right")
	}
	if _, err := r.text.ReadByte(); err == nil {
		return damaged("something follows its end")
	} else if err != io.EOF {
		return cut(err)
	}
	return nil
}

// strictly reads JSON in which every field has its place: what this program does not know it must not drop.
func strictly(text []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}

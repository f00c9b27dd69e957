// Package bundle opens zips and reads the XML in them, each in bounds: how much is unpacked, how deep and how large a
// tree is.
package bundle

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strings"

	"golang.org/x/net/html"

	"lopban/courses/authoring"
	"lopban/courses/authoring/markdown"
	"lopban/courses/authoring/mistake"
	"lopban/courses/problem"
)

// Refused is the error of a file that cannot be taken.
func Refused(code string, args ...any) error { return problem.Invalid("file", code, args...) }

// Said is the first mistake as a sentence.
func Said(m mistake.Mistakes) any {
	if len(m) == 0 {
		return ""
	}
	return m[0]
}

// PictureExt is the ending for a picture by its first bytes, "" for what is none of ours.
func PictureExt(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n")):
		return ".png"
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return ".jpg"
	}
	if _, err := markdown.SVGRoot(data); err == nil {
		return ".svg"
	}
	return ""
}

// Bundle is a zip whose files are read one by one, as they are needed.
type Bundle struct {
	Files map[string]*zip.File
	left  int64 // bytes that may still be unpacked
}

// maxUnpacked is how much of a bundle is unpacked in all, in bytes.
const maxUnpacked = 24 << 20

func Open(data []byte) (*Bundle, error) {
	z, m, err := authoring.ZipOf(bytes.NewReader(data), int64(len(data)))
	if z != nil && authoring.Encrypted(z) {
		return nil, problem.Invalid("file", "file.encrypted")
	}
	if err != nil || m.Errors() {
		return nil, errors.Join(Refused("bring-broken", Said(m)), err)
	}
	b := &Bundle{Files: map[string]*zip.File{}, left: min(authoring.Unpackable(int64(len(data))), maxUnpacked)}
	seen, u := map[string]bool{}, authoring.Unpacker{}
	for _, e := range z.File {
		if strings.HasSuffix(e.Name, "/") && e.UncompressedSize64 == 0 {
			continue
		}
		key := strings.ToLower(e.Name)
		if !u.Sound(e, seen[key]) {
			return nil, Refused("bring-broken", Said(u.Mistakes))
		}
		seen[key], b.Files[e.Name] = true, e
	}
	return b, nil
}

// Kind is what to say of a zip that is none of ours.
func (b *Bundle) Kind() string {
	for name, code := range map[string]string{"xl/workbook.xml": "bring-excel", "ppt/presentation.xml": "bring-powerpoint", "h5p.json": "bring-h5p", "moodle_backup.xml": "bring-moodle-backup", "META-INF/container.xml": "bring-epub"} {
		if b.Has(name) {
			return code
		}
	}
	if kind, err := b.Read("mimetype", 200); err == nil && bytes.Contains(kind, []byte("opendocument")) {
		return "bring-opendocument"
	}
	return "bring-unknown"
}

// Enter goes into the folder that has the file, of a bundle that was zipped with its folder, as file managers do.
func (b *Bundle) Enter(name string) {
	if b.Has(name) {
		return
	}
	folder := ""
	for at := range b.Files {
		if in, ok := strings.CutSuffix(at, "/"+name); ok && !strings.Contains(in, "/") {
			if folder != "" {
				return
			}
			folder = in + "/"
		}
	}
	inside := map[string]*zip.File{}
	for at, e := range b.Files {
		if rest, ok := strings.CutPrefix(at, folder); ok {
			inside[rest] = e
		}
	}
	b.Files = inside
}

func (b *Bundle) Has(name string) bool { return b.Files[name] != nil }

// Read unpacks a file of no more than most bytes. It is nil where there is none or it is larger; a bomb or a broken
// file is an error.
func (b *Bundle) Read(name string, most int64) ([]byte, error) {
	e := b.Files[name]
	if e == nil || e.UncompressedSize64 > uint64(most) {
		return nil, nil
	}
	r, err := e.Open()
	if err != nil {
		return nil, Refused("bring-broken", name)
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, min(most, b.left)+1))
	b.left -= int64(len(data))
	switch {
	case b.left < 0:
		return nil, Refused("bring-bomb")
	case err != nil:
		return nil, Refused("bring-broken", name)
	case int64(len(data)) > most:
		return nil, nil
	}
	return data, nil
}

// Xml reads a file of a bundle as a tree, nil where there is none.
func (b *Bundle) Xml(name string, drop map[string]bool) (*html.Node, error) {
	if !b.Has(name) {
		return nil, nil
	}
	data, err := b.Read(name, maxXML)
	if err != nil {
		return nil, err
	}
	doc, err := ReadXML(data, drop)
	if err != nil || data == nil {
		return nil, Refused("bring-xml", name)
	}
	return doc, nil
}

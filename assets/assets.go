// Package assets holds the bytes that a browser may fetch, each under a name with a hash of its content, so that it can
// be kept for ever.
package assets

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"regexp"
	"slices"
	"strings"
)

//go:embed css js icons
var files embed.FS

// Asset is one file.
type Asset struct {
	Name string // with the hash: "site.1a2b3c4d.css"
	Type string // media type
	Data []byte
}

// set is all files, read from one place.
type set struct {
	from    fs.FS
	byName  map[string]Asset  // hashed name
	hashed  map[string]string // plain name to hashed name
	folders map[string]string // plain name to folder
}

var (
	compiled = must(read(files))
	disk     fs.FS // nil unless From was called
)

// From reads the files from a folder from now on, and again whenever one is asked for: for who works on them. It is
// called before there are visitors.
func From(folder fs.FS) error {
	_, err := read(folder)
	disk = folder
	return err
}

// all are the files of now. Where a file is just being written, those that are compiled in.
func all() *set {
	if disk == nil {
		return compiled
	}
	s, err := read(disk)
	if err != nil {
		return compiled
	}
	return s
}

func must(s *set, err error) *set {
	if err != nil {
		panic(err) // the files are compiled in
	}
	return s
}

func read(from fs.FS) (*set, error) {
	s := &set{from, map[string]Asset{}, map[string]string{}, map[string]string{}}
	for _, folder := range []string{"icons", "js", "css"} {
		entries, err := fs.ReadDir(from, folder)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), ".") {
				s.folders[e.Name()] = folder
			}
		}
	}
	for plain := range s.folders {
		if err := s.add(plain, nil); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// names is how one of our files names another: a script that it imports, or any file by its address.
var names = regexp.MustCompile(`"\./([a-z-]+\.js)"|/assets/([a-z-]+\.[a-z0-9]+)`)

// add gives a file its hashed name, after those that it names: their hashes stand in its bytes. above are the files
// that wait for it.
func (s *set) add(plain string, above []string) error {
	if s.hashed[plain] != "" {
		return nil
	}
	if slices.Contains(above, plain) {
		return fmt.Errorf("files name each other: %s %s", strings.Join(above, " "), plain)
	}
	data, err := fs.ReadFile(s.from, s.folders[plain]+"/"+plain)
	if err != nil {
		return err
	}
	if ext := path.Ext(plain); ext == ".css" || ext == ".js" {
		data = names.ReplaceAllFunc(data, func(found []byte) []byte {
			m := names.FindSubmatch(found)
			other := string(m[1]) + string(m[2])
			if s.folders[other] == "" {
				err = fmt.Errorf("%s names %s, which is not there", plain, other)
				return found
			}
			if failed := s.add(other, append(above[:len(above):len(above)], plain)); failed != nil {
				err = failed
			}
			return []byte(strings.Replace(string(found), other, s.hashed[other], 1))
		})
	}
	ext := path.Ext(plain)
	sum := sha256.Sum256(data)
	name := strings.TrimSuffix(plain, ext) + "." + hex.EncodeToString(sum[:4]) + ext
	s.byName[name] = Asset{Name: name, Type: mediaType(ext), Data: data}
	s.hashed[plain] = name
	return err
}

// mediaType does not ask the machine's own tables, which differ.
func mediaType(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".webmanifest":
		return "application/manifest+json"
	}
	return mime.TypeByExtension(ext)
}

// Path is where a browser finds the file with this plain name. Asking for a file that is not there is a mistake in a
// template: the path then leads nowhere, and a test finds it.
func Path(plain string) string { return "/assets/" + all().hashed[plain] }

// imports is how a script begins that needs another one before it runs.
var imports = regexp.MustCompile(`(?m)^import [^(\n]*"(?:\./|/assets/)([a-z-]+\.js)"`)

// Whole are the paths of files, and of the scripts without which those do not run: a browser without a network needs
// them all. What a script loads later, with import(), is not among them.
func Whole(plain ...string) []string {
	s := all()
	var paths []string
	for len(plain) > 0 {
		name := plain[0]
		plain = plain[1:]
		if file := "/assets/" + s.hashed[name]; !slices.Contains(paths, file) {
			paths = append(paths, file)
			data, _ := fs.ReadFile(s.from, s.folders[name]+"/"+name) // read before; what is gone meanwhile names nothing
			for _, m := range imports.FindAllSubmatch(data, -1) {
				plain = append(plain, string(m[1]))
			}
		}
	}
	return paths
}

// Find gives the asset with this hashed name.
func Find(name string) (Asset, bool) {
	a, ok := all().byName[name]
	return a, ok
}

// Plain gives the asset with this plain name, for what a browser finds at an address of its own: the worker, the
// manifest.
func Plain(plain string) Asset {
	s := all()
	return s.byName[s.hashed[plain]]
}

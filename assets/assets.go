// Package assets holds the bytes that a browser may fetch, each under a name with a hash of its content, so that it can be kept for ever.
package assets

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"mime"
	"path"
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

var (
	byName = map[string]Asset{}  // hashed name
	hashed = map[string]string{} // plain name to hashed name
)

func init() {
	for _, folder := range []string{"icons", "js", "css"} { // style sheets name icons, so their hash comes last
		entries, err := files.ReadDir(folder)
		if err != nil {
			panic(err) // the files are compiled in
		}
		for _, e := range entries {
			data, err := files.ReadFile(folder + "/" + e.Name())
			if err != nil {
				panic(err)
			}
			add(e.Name(), data)
		}
	}
}

func add(plain string, data []byte) {
	ext := path.Ext(plain)
	if ext == ".css" {
		for name, full := range hashed {
			data = bytes.ReplaceAll(data, []byte("/assets/"+name), []byte("/assets/"+full))
		}
	}
	sum := sha256.Sum256(data)
	name := strings.TrimSuffix(plain, ext) + "." + hex.EncodeToString(sum[:4]) + ext
	byName[name] = Asset{Name: name, Type: mediaType(ext), Data: data}
	hashed[plain] = name
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

// Path is where a browser finds the file with this plain name. Asking for a file that is not there is a mistake in a template: the path then leads nowhere, and a test finds it.
func Path(plain string) string { return "/assets/" + hashed[plain] }

// Find gives the asset with this hashed name.
func Find(name string) (Asset, bool) {
	a, ok := byName[name]
	return a, ok
}

// Names lists the hashed names.
func Names() []string {
	var names []string
	for name := range byName {
		names = append(names, name)
	}
	return names
}

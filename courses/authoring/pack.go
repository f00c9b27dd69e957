package authoring

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lopban/courses"
	"lopban/courses/authoring/gift"
	"lopban/courses/authoring/markdown"
	"lopban/courses/authoring/mistake"
)

// ManifestFile lists the files of a packed course.
const ManifestFile = "manifest.json"

const (
	maxRatio    = 100     // unpacked to packed bytes, for packages that unpack to more than maxUnrated
	maxUnrated  = 1 << 20 // bytes
	packageForm = 1       // of the manifest
)

type manifest struct {
	Format int               `json:"format"`
	Course string            `json:"course"`
	Files  map[string]string `json:"files"` // path to SHA-256 in hexadecimal
}

// Files writes the course as the files of its folder, by path. [LoadFiles] makes of them the same course, with the same
// hash.
func (p Package) Files() (map[string][]byte, error) {
	files, err := Texts(p.Version)
	if err != nil {
		return nil, err
	}
	for _, m := range p.Version.Media {
		data, ok := p.Media[m.Blob]
		if !ok {
			return nil, fmt.Errorf("media %s: no blob %s", m.Name, m.Blob)
		}
		files["media/"+m.Name] = data
	}
	return files, nil
}

// Texts writes the text files of a version, by path.
func Texts(v courses.Version) (map[string][]byte, error) {
	files := map[string][]byte{}
	var err error
	if files[CourseFile], err = CourseYAML(v); err != nil {
		return nil, err
	}
	for _, l := range v.Written() {
		for _, lang := range []string{"vi", "en"} {
			if !hasQuiz(l.Quiz, lang) {
				continue
			}
			var b bytes.Buffer
			if err := gift.WriteGIFT(&b, l.Quiz, lang); err != nil {
				return nil, err
			}
			files[LessonFile(l.ID, lang, "gift")] = b.Bytes()
		}
	}
	for _, p := range writings(v) {
		for _, lang := range []string{"vi", "en"} {
			if body := (&gift.Writer{Lang: lang}).In(p.body); body != "" {
				files[LessonFile(p.id, lang, "md")] = []byte(body)
			}
		}
	}
	return files, nil
}

func hasQuiz(q courses.Quiz, lang string) bool {
	g := &gift.Writer{Lang: lang}
	return slices.ContainsFunc(q.Questions, func(one courses.Question) bool { return g.In(one.Prompt) != "" || g.In(one.Tail) != "" })
}

// Pack writes the course as one zip file: its folder and a manifest of SHA-256 hashes. The same course gives the same
// bytes.
func Pack(w io.Writer, p Package) error {
	files, err := p.Files()
	if err != nil {
		return err
	}
	list := manifest{Format: packageForm, Course: p.Version.Course, Files: map[string]string{}}
	for name, data := range files {
		list.Files[name] = Sum(data)
	}
	if files[ManifestFile], err = json.MarshalIndent(list, "", "  "); err != nil {
		return err
	}
	z := zip.NewWriter(w)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		entry, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err != nil {
			return err
		}
		if _, err := entry.Write(files[name]); err != nil {
			return err
		}
	}
	return z.Close()
}

func Sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// Unpack reads a course that Pack wrote. It believes nothing in it: names that lead elsewhere, links, double names,
// more than 2,000 files, more than 64 MiB unpacked, bombs and files that are not those of the manifest are mistakes,
// and then the package is empty. The error is that of the reader.
func Unpack(r io.ReaderAt, size int64) (Package, mistake.Mistakes, error) {
	files, m, err := UnpackFiles(r, size)
	if err != nil || m.Errors() {
		return Package{}, m, err
	}
	p, mistakes := LoadFiles(files)
	if mistakes.Errors() {
		return Package{}, mistakes, nil
	}
	return p, mistakes, nil
}

// UnpackFiles gives the files of a package by path, without the manifest that they were held against.
func UnpackFiles(r io.ReaderAt, size int64) (map[string][]byte, mistake.Mistakes, error) {
	z, m, err := ZipOf(r, size)
	if err != nil || m.Errors() {
		return nil, m, err
	}
	u := Unpacker{left: Unpackable(size)}
	files := u.read(z.File)
	if !u.Errors() {
		u.verify(files)
	}
	if u.Errors() {
		return nil, u.Mistakes, nil
	}
	return files, nil, nil
}

// ZipOf opens a zip that has no more than maxFiles files and a manifest.
func ZipOf(r io.ReaderAt, size int64) (*zip.Reader, mistake.Mistakes, error) {
	var m mistake.Mistakes
	entries, err := entryCount(r, size)
	if err != nil {
		return nil, nil, err
	}
	if entries > maxFiles+1 {
		m.Add("", 0, "too-many-files", strconv.Itoa(maxFiles))
		return nil, m, nil
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		m.Add("", 0, "package-broken", err.Error())
	} else if Encrypted(z) {
		m.Add("", 0, "package-encrypted")
	}
	return z, m, nil
}

// Encrypted says whether a zip has files that only a password opens.
func Encrypted(z *zip.Reader) bool {
	return slices.ContainsFunc(z.File, func(f *zip.File) bool { return f.Flags&1 != 0 })
}

// Unpackable is how many bytes a zip of a size may hold.
func Unpackable(size int64) int64 {
	if size*maxRatio < maxCourse {
		return max(size*maxRatio, maxUnrated)
	}
	return maxCourse
}

// entryCount counts the zip's directory entries before the directory is read into memory. It may count too many where a
// file holds another zip.
func entryCount(r io.ReaderAt, size int64) (int, error) {
	mark := []byte("PK\x01\x02")
	buf := make([]byte, 64<<10)
	n, kept := 0, 0
	for at := int64(0); at < size; {
		read, err := r.ReadAt(buf[kept:min(int64(len(buf)), int64(kept)+size-at)], at)
		if err != nil && err != io.EOF || read == 0 {
			return n, err
		}
		at += int64(read)
		chunk := buf[:kept+read]
		n += bytes.Count(chunk, mark)
		kept = copy(buf, chunk[max(len(chunk)-len(mark)+1, 0):])
	}
	return n, nil
}

type Unpacker struct {
	mistake.Mistakes
	left int64 // bytes that may still be unpacked
}

func (u *Unpacker) read(entries []*zip.File) map[string][]byte {
	files, seen := map[string][]byte{}, map[string]bool{}
	for _, e := range entries {
		if strings.HasSuffix(e.Name, "/") && e.UncompressedSize64 == 0 {
			continue // folders that other programs add
		}
		key := strings.ToLower(e.Name)
		if u.Sound(e, seen[key]) {
			seen[key] = true
			if data, ok := u.file(e); ok {
				files[e.Name] = data
			}
		}
		if u.left < 0 {
			break
		}
	}
	return files
}

// Sound tells whether an entry is a file inside the package, and the first of its name.
func (u *Unpacker) Sound(e *zip.File, twice bool) bool {
	switch {
	case !fs.ValidPath(e.Name) || strings.ContainsAny(e.Name, "\\:\x00"):
		u.Add("", 0, "package-path", strconv.QuoteToASCII(e.Name))
	case !e.Mode().IsRegular():
		u.Add(e.Name, 0, "file-not-regular")
	case twice:
		u.Add("", 0, "package-duplicate", e.Name)
	default:
		return true
	}
	return false
}

func (u *Unpacker) file(e *zip.File) ([]byte, bool) {
	r, err := e.Open()
	if err != nil {
		u.Add(e.Name, 0, "package-broken", err.Error())
		return nil, false
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, u.left+1))
	u.left -= int64(len(data))
	switch {
	case u.left < 0:
		u.Add(e.Name, 0, "package-ratio", strconv.Itoa(maxRatio), markdown.KiB(maxCourse))
	case err != nil:
		u.Add(e.Name, 0, "package-broken", err.Error())
	default:
		return data, true
	}
	return nil, false
}

// verify compares the files with the manifest and takes the manifest away.
func (u *Unpacker) verify(files map[string][]byte) {
	var list manifest
	if err := json.Unmarshal(files[ManifestFile], &list); err != nil || list.Format != packageForm {
		u.Add(ManifestFile, 0, "package-manifest")
		return
	}
	delete(files, ManifestFile)
	for name, data := range files {
		if want, ok := list.Files[name]; !ok {
			u.Add(name, 0, "package-unlisted")
		} else if want != Sum(data) {
			u.Add(name, 0, "package-changed")
		}
	}
	for name := range list.Files {
		if _, ok := files[name]; !ok {
			u.Add(name, 0, "file-missing")
		}
	}
	u.Sort()
}

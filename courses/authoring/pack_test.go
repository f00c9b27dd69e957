package authoring

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"lopban/courses/authoring/coursetest"
	"lopban/courses/authoring/mistake"
)

func packed(t testing.TB, p Package) []byte {
	var b bytes.Buffer
	if err := Pack(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func unpacked(t testing.TB, data []byte) (Package, mistake.Mistakes) {
	p, m, err := Unpack(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return p, m
}

func TestAnImportedExportIsTheSameCourse(t *testing.T) {
	untranslated := coursetest.Good()
	for _, file := range []string{"lessons/don-tiep.en.md", "lessons/don-tiep.en.gift", "lessons/cho-muon.en.md"} {
		delete(untranslated, file)
	}
	rich := coursetest.Good()
	rich["lessons/cho-muon.vi.gift"], rich["lessons/cho-muon.en.gift"] = []byte(strings.ReplaceAll(coursetest.ViQuiz, "-1]", "-1]")), []byte(coursetest.EnQuiz)
	twins := coursetest.Good()
	twins["media/ghe.svg"] = []byte(coursetest.SVG) // two names, one blob
	for name, files := range map[string]map[string][]byte{"good": coursetest.Good(), "untranslated": untranslated, "rich": rich, "twins": twins,
		"pools": drawn("[{pool: Một, count: 1}]"), "drawn": drawn("2")} {
		t.Run(name, func(t *testing.T) {
			p, m := LoadFiles(files)
			if m.Errors() {
				t.Fatal(m)
			}
			data := packed(t, p)
			back, m := unpacked(t, data)
			if m.Errors() || !reflect.DeepEqual(back, p) || back.Version.Hash == "" {
				t.Fatalf("%v\n got %+v\nwant %+v", m, back.Version, p.Version)
			}
			if !bytes.Equal(packed(t, back), data) {
				t.Error("packing twice gives other bytes")
			}
		})
	}
}

// goodEntries are those of a sound package.
func goodEntries(t testing.TB) []coursetest.Entry {
	files := coursetest.Good()
	list := manifest{Format: packageForm, Course: "LS9", Files: map[string]string{}}
	var all []coursetest.Entry
	for _, name := range slices.Sorted(maps.Keys(files)) {
		list.Files[name] = Sum(files[name])
		all = append(all, coursetest.Entry{Name: name, Data: files[name]})
	}
	data, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return append(all, coursetest.Entry{Name: ManifestFile, Data: data})
}

func TestUnpackTakesAPackageOfAnotherProgram(t *testing.T) {
	all := append(goodEntries(t), coursetest.Entry{Name: "lessons/"}, coursetest.Entry{Name: "media/", Mode: fs.ModeDir})
	if p, m := unpacked(t, coursetest.Archive(t, all...)); len(m) != 0 || p.Version.Course != "LS9" {
		t.Error(m)
	}
}

func TestUnpackBelievesNothing(t *testing.T) {
	with := func(extra ...coursetest.Entry) func(t *testing.T) []byte {
		return func(t *testing.T) []byte { return coursetest.Archive(t, append(goodEntries(t), extra...)...) }
	}
	changed := func(change func(all []coursetest.Entry) []coursetest.Entry) func(t *testing.T) []byte {
		return func(t *testing.T) []byte { return coursetest.Archive(t, change(goodEntries(t))...) }
	}
	for _, c := range []struct {
		name string
		data func(t *testing.T) []byte
		want string
	}{
		{"not a zip", func(*testing.T) []byte { return []byte("hello") }, ":0 package-broken zip: not a valid zip file"},
		{"nothing", func(*testing.T) []byte { return nil }, ":0 package-broken zip: not a valid zip file"},
		{"encrypted", func(t *testing.T) []byte { return coursetest.Locked(coursetest.Archive(t, goodEntries(t)...)) }, ":0 package-encrypted"},
		{"path upwards", with(coursetest.Entry{Name: "../evil"}), `:0 package-path "../evil"`},
		{"path upwards inside", with(coursetest.Entry{Name: "lessons/../../evil"}), `:0 package-path "lessons/../../evil"`},
		{"absolute path", with(coursetest.Entry{Name: "/etc/passwd"}), `:0 package-path "/etc/passwd"`},
		{"backslashes", with(coursetest.Entry{Name: `..\evil`}), `:0 package-path "..\\evil"`},
		{"drive", with(coursetest.Entry{Name: `C:evil`}), `:0 package-path "C:evil"`},
		{"empty name", with(coursetest.Entry{Name: ""}), `:0 package-path ""`},
		{"link", with(coursetest.Entry{Name: "media/a.svg", Data: []byte("/etc/passwd"), Mode: fs.ModeSymlink}), "media/a.svg:0 file-not-regular"},
		{"device", with(coursetest.Entry{Name: "media/a.svg", Mode: fs.ModeDevice}), "media/a.svg:0 file-not-regular"},
		{"name twice", with(coursetest.Entry{Name: "course.yaml"}), ":0 package-duplicate course.yaml"},
		{"name twice but for case", with(coursetest.Entry{Name: "Course.YAML"}), ":0 package-duplicate Course.YAML"},
		{"not in the list", with(coursetest.Entry{Name: "media/b.svg", Data: []byte(coursetest.SVG)}), "media/b.svg:0 package-unlisted"},
		{"no list", changed(func(all []coursetest.Entry) []coursetest.Entry { return all[:len(all)-1] }), "manifest.json:0 package-manifest"},
		{"broken list", changed(func(all []coursetest.Entry) []coursetest.Entry { all[len(all)-1].Data = []byte("["); return all }), "manifest.json:0 package-manifest"},
		{"another form of list", changed(func(all []coursetest.Entry) []coursetest.Entry {
			all[len(all)-1].Data = []byte(`{"format":2}`)
			return all
		}), "manifest.json:0 package-manifest"},
		{"changed file", changed(func(all []coursetest.Entry) []coursetest.Entry { all[0].Data = append(all[0].Data, ' '); return all }), "course.yaml:0 package-changed"},
		{"missing file", changed(func(all []coursetest.Entry) []coursetest.Entry { return all[1:] }), "course.yaml:0 file-missing"},
		{"too many files", func(t *testing.T) []byte {
			var all []coursetest.Entry
			for i := range 70_000 {
				all = append(all, coursetest.Entry{Name: fmt.Sprintf("media/a%d.svg", i)})
			}
			return coursetest.Archive(t, all...)
		}, ":0 too-many-files 2000"},
		{"one bomb", with(coursetest.Entry{Name: "media/a.svg", Data: make([]byte, 32<<20), Method: zip.Deflate}), "media/a.svg:0 package-ratio 100 65536 KiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := c.data(t)
			p, m := unpacked(t, data)
			if got := told(m); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
			if !reflect.DeepEqual(p, Package{}) {
				t.Error("a refused package has content")
			}
		})
	}
}

func TestUnpackStopsAt64MiB(t *testing.T) {
	noise := make([]byte, 1<<20)
	_, _ = rand.New(rand.NewSource(1)).Read(noise)
	var all []coursetest.Entry
	for i := range 65 {
		all = append(all, coursetest.Entry{Name: fmt.Sprintf("media/a%d.png", i), Data: noise})
	}
	if _, m := unpacked(t, coursetest.Archive(t, all...)); told(m) != "media/a64.png:0 package-ratio 100 65536 KiB" {
		t.Error(told(m))
	}
}

// A size in the directory is a claim: what counts is what comes out.
func TestUnpackDoesNotBelieveSizes(t *testing.T) {
	data := coursetest.Archive(t, coursetest.Entry{Name: "media/a.svg", Data: make([]byte, 32<<20), Method: zip.Deflate})
	at := bytes.LastIndex(data, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(data[at+24:], 10)
	_, m := unpacked(t, data)
	if !m.Errors() {
		t.Error("a lie about the size was believed")
	}
}

type brokenReader struct{}

func (brokenReader) ReadAt([]byte, int64) (int, error) { return 0, os.ErrPermission }

func TestUnpackGivesTheReadersError(t *testing.T) {
	if _, _, err := Unpack(brokenReader{}, 100); err == nil {
		t.Error("a reader's error is lost")
	}
	if _, _, err := Unpack(bytes.NewReader([]byte("x")), 100); err != io.EOF {
		t.Error("a file shorter than its size is read", err)
	}
}

func TestEntriesAreCountedAcrossReads(t *testing.T) {
	mark := "PK\x01\x02"
	for _, before := range []int{0, 1, 65533, 65534, 65535, 65536, 131070} {
		data := strings.Repeat("x", before) + mark + "P" + mark
		if n, err := entryCount(strings.NewReader(data), int64(len(data))); n != 2 || err != nil {
			t.Errorf("%d bytes before: %d, %v", before, n, err)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	p, _ := LoadFiles(coursetest.Good())
	f.Add(packed(f, p))
	f.Add(coursetest.Archive(f, goodEntries(f)...))
	f.Add(coursetest.Archive(f, coursetest.Entry{Name: "../x", Data: []byte("y")}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		p, m := unpacked(t, data)
		if m.Errors() {
			return
		}
		back, m := unpacked(t, packed(t, p))
		if m.Errors() || !reflect.DeepEqual(back, p) {
			t.Fatalf("%v\n got %+v\nwant %+v", m, back, p)
		}
	})
}

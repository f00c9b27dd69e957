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
)

func packed(t testing.TB, p Package) []byte {
	var b bytes.Buffer
	if err := Pack(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func unpacked(t testing.TB, data []byte) (Package, Mistakes) {
	p, m, err := Unpack(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return p, m
}

func TestAnImportedExportIsTheSameCourse(t *testing.T) {
	untranslated := goodCourse()
	for _, file := range []string{"lessons/don-tiep.en.md", "lessons/don-tiep.en.gift", "lessons/cho-muon.en.md"} {
		delete(untranslated, file)
	}
	rich := goodCourse()
	rich["lessons/cho-muon.vi.gift"], rich["lessons/cho-muon.en.gift"] = []byte(strings.ReplaceAll(viQuiz, "-1]", "-1]")), []byte(enQuiz)
	twins := goodCourse()
	twins["media/ghe.svg"] = []byte(goodSVG) // two names, one blob
	for name, files := range map[string]map[string][]byte{"good": goodCourse(), "untranslated": untranslated, "rich": rich, "twins": twins,
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

// archive makes a zip of entries, as hostile as asked.
type entry struct {
	name   string
	data   []byte
	mode   fs.FileMode
	method uint16 // 0 is zip.Store
}

func archive(t testing.TB, entries ...entry) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: e.method}
		h.SetMode(e.mode | 0o644)
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(e.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// goodEntries are those of a sound package.
func goodEntries(t testing.TB) []entry {
	files := goodCourse()
	list := manifest{Format: packageForm, Course: "LS9", Files: map[string]string{}}
	var all []entry
	for _, name := range slices.Sorted(maps.Keys(files)) {
		list.Files[name] = sum(files[name])
		all = append(all, entry{name: name, data: files[name]})
	}
	data, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return append(all, entry{name: manifestFile, data: data})
}

func TestUnpackTakesAPackageOfAnotherProgram(t *testing.T) {
	all := append(goodEntries(t), entry{name: "lessons/"}, entry{name: "media/", mode: fs.ModeDir})
	if p, m := unpacked(t, archive(t, all...)); len(m) != 0 || p.Version.Course != "LS9" {
		t.Error(m)
	}
}

func TestUnpackBelievesNothing(t *testing.T) {
	with := func(extra ...entry) func(t *testing.T) []byte {
		return func(t *testing.T) []byte { return archive(t, append(goodEntries(t), extra...)...) }
	}
	changed := func(change func(all []entry) []entry) func(t *testing.T) []byte {
		return func(t *testing.T) []byte { return archive(t, change(goodEntries(t))...) }
	}
	for _, c := range []struct {
		name string
		data func(t *testing.T) []byte
		want string
	}{
		{"not a zip", func(*testing.T) []byte { return []byte("hello") }, ":0 package-broken zip: not a valid zip file"},
		{"nothing", func(*testing.T) []byte { return nil }, ":0 package-broken zip: not a valid zip file"},
		{"path upwards", with(entry{name: "../evil"}), `:0 package-path "../evil"`},
		{"path upwards inside", with(entry{name: "lessons/../../evil"}), `:0 package-path "lessons/../../evil"`},
		{"absolute path", with(entry{name: "/etc/passwd"}), `:0 package-path "/etc/passwd"`},
		{"backslashes", with(entry{name: `..\evil`}), `:0 package-path "..\\evil"`},
		{"drive", with(entry{name: `C:evil`}), `:0 package-path "C:evil"`},
		{"empty name", with(entry{name: ""}), `:0 package-path ""`},
		{"link", with(entry{name: "media/a.svg", data: []byte("/etc/passwd"), mode: fs.ModeSymlink}), "media/a.svg:0 file-not-regular"},
		{"device", with(entry{name: "media/a.svg", mode: fs.ModeDevice}), "media/a.svg:0 file-not-regular"},
		{"name twice", with(entry{name: "course.yaml"}), ":0 package-duplicate course.yaml"},
		{"name twice but for case", with(entry{name: "Course.YAML"}), ":0 package-duplicate Course.YAML"},
		{"not in the list", with(entry{name: "media/b.svg", data: []byte(goodSVG)}), "media/b.svg:0 package-unlisted"},
		{"no list", changed(func(all []entry) []entry { return all[:len(all)-1] }), "manifest.json:0 package-manifest"},
		{"broken list", changed(func(all []entry) []entry { all[len(all)-1].data = []byte("["); return all }), "manifest.json:0 package-manifest"},
		{"another form of list", changed(func(all []entry) []entry { all[len(all)-1].data = []byte(`{"format":2}`); return all }), "manifest.json:0 package-manifest"},
		{"changed file", changed(func(all []entry) []entry { all[0].data = append(all[0].data, ' '); return all }), "course.yaml:0 package-changed"},
		{"missing file", changed(func(all []entry) []entry { return all[1:] }), "course.yaml:0 file-missing"},
		{"too many files", func(t *testing.T) []byte {
			var all []entry
			for i := range 70_000 {
				all = append(all, entry{name: fmt.Sprintf("media/a%d.svg", i)})
			}
			return archive(t, all...)
		}, ":0 too-many-files 2000"},
		{"one bomb", with(entry{name: "media/a.svg", data: make([]byte, 32<<20), method: zip.Deflate}), "media/a.svg:0 package-ratio 100 65536 KiB"},
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
	var all []entry
	for i := range 65 {
		all = append(all, entry{name: fmt.Sprintf("media/a%d.png", i), data: noise})
	}
	if _, m := unpacked(t, archive(t, all...)); told(m) != "media/a64.png:0 package-ratio 100 65536 KiB" {
		t.Error(told(m))
	}
}

// A size in the directory is a claim: what counts is what comes out.
func TestUnpackDoesNotBelieveSizes(t *testing.T) {
	data := archive(t, entry{name: "media/a.svg", data: make([]byte, 32<<20), method: zip.Deflate})
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
	p, _ := LoadFiles(goodCourse())
	f.Add(packed(f, p))
	f.Add(archive(f, goodEntries(f)...))
	f.Add(archive(f, entry{name: "../x", data: []byte("y")}))
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

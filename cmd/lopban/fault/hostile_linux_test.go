package fault

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/programtest"
	"lopban/content"
)

// mostMemory is how much more memory than before a hostile request may make the program hold.
const mostMemory = 64 << 20

// rests gives what the program holds when it begins, and forgets its peak.
func rests(t *testing.T, r *programtest.Running) int64 {
	t.Helper()
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", r.Cmd.Process.Pid), []byte("5"), 0); err != nil {
		t.Skipf("the peak of a process cannot be set back here: %v", err)
	}
	return memoryOf(t, r, "VmRSS:")
}

// held reads a line of the system's account of the process, in bytes: VmRSS is what it holds, VmHWM the most since
// rests.
func memoryOf(t *testing.T, r *programtest.Running, line string) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.Cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for row := range strings.Lines(string(text)) {
		if fields := strings.Fields(row); fields[0] == line {
			kb, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Fatalf("the system does not say %s", line)
	return 0
}

// worked is how long the processors have worked for the process.
func worked(t *testing.T, r *programtest.Running) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", r.Cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields, ticks := strings.Fields(rest), int64(0)
	for _, field := range fields[11:13] { // in user mode and for it in the system, in hundredths of a second
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// answered is an answer, read whole.
type answered struct {
	status int
	text   string
}

// spoken sends a request as its client likes and reads the first line of the answer.
func spoken(t *testing.T, base string, write func(io.Writer) error) answered {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	wrote := make(chan error, 1)
	go func() { wrote <- write(conn) }()
	conn.SetReadDeadline(time.Now().Add(time.Minute))
	line, err := bufio.NewReader(conn).ReadString('\n')
	conn.Close()
	<-wrote // a refused body is not read to its end
	if err != nil {
		return answered{0, err.Error()}
	}
	status, _ := strconv.Atoi(strings.Fields(line)[1])
	return answered{status, line}
}

// endless writes a body of so many bytes in chunks.
func endless(head string, size int64) func(io.Writer) error {
	return func(w io.Writer) error {
		part := []byte("10000\r\n" + strings.Repeat("a", 0x10000) + "\r\n")
		if _, err := io.WriteString(w, head+"Transfer-Encoding: chunked\r\n\r\n"); err != nil {
			return err
		}
		for ; size > 0; size -= 0x10000 {
			if _, err := w.Write(part); err != nil {
				return err
			}
		}
		_, err := io.WriteString(w, "0\r\n\r\n")
		return err
	}
}

// A body of 2 GB, told before or in chunks, is refused at once, and memory stays.
func TestGiantBodies(t *testing.T) {
	h := newHall(t, console.Place{Data: filepath.Join(t.TempDir(), "data")}, 1, 1)
	r := programtest.Launch(t, h.At)
	h.SignIn(t, r)
	rest := rests(t, r)
	calm := time.Now()
	h.wantReads(t, r.Base)
	most := max(2*time.Second, 10*time.Since(calm)) // what it takes here with nobody else
	for _, path := range []string{"/api/v1/facts", "/roster/import?province=08", "/nowhere"} {
		head := "POST " + path + " HTTP/1.1\r\nHost: lopban.test\r\nContent-Type: application/json\r\nAuthorization: Bearer " + h.Office + "\r\n"
		for what, write := range map[string]func(io.Writer) error{
			"told": func(w io.Writer) error {
				_, err := io.WriteString(w, head+"Content-Length: 2147483648\r\n\r\n")
				return err
			},
			"sent": endless(head, 2<<30),
		} {
			began := time.Now()
			got := spoken(t, r.Base, write)
			if took := time.Since(began); got.status != http.StatusRequestEntityTooLarge || took > most {
				t.Errorf("2 GB %s to %s: %d %s after %v", what, path, got.status, got.text, took)
			}
		}
	}
	if peak := memoryOf(t, r, "VmHWM:"); peak-rest > mostMemory {
		t.Errorf("the program held %d MiB, before %d MiB", peak>>20, rest>>20)
	}
}

// Three hundred clients who send a byte now and then keep nobody else waiting, and cost little. A body that is told
// costs what it is told to be, at once: that is fasthttp's way.
func TestSlowClientsKeepNobodyWaiting(t *testing.T) {
	h := newHall(t, console.Place{Data: filepath.Join(t.TempDir(), "data")}, 1, 1)
	r := programtest.Launch(t, h.At)
	h.SignIn(t, r)
	rest := rests(t, r)
	calm := time.Now()
	h.wantReads(t, r.Base)
	most := max(2*time.Second, 10*time.Since(calm)) // what it takes here with nobody else
	var slow []net.Conn
	for i := range 300 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(r.Base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		begun := "POST /api/v1/facts HTTP/1.1\r\nHost: lopban.test\r\nContent-Length: 1000000\r\n\r\n{"
		if i%10 > 0 {
			begun = "GET / HTTP/1.1\r\nHost: lop"
		}
		if _, err := io.WriteString(conn, begun); err != nil {
			t.Fatal(err)
		}
		slow = append(slow, conn)
	}
	for range 20 {
		for _, conn := range slow {
			// it may be let go
			if _, err := conn.Write([]byte("a")); err != nil && !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
				t.Fatal(err)
			}
		}
		began := time.Now()
		h.wantReads(t, r.Base)
		if took := time.Since(began); took > most {
			t.Errorf("nine pages took %v, at most %v", took, most)
		}
	}
	if peak := memoryOf(t, r, "VmHWM:"); peak-rest > mostMemory {
		t.Errorf("the program held %d MiB, before %d MiB", peak>>20, rest>>20)
	}
}

// zipOf packs files; a name that ends in @ is a link.
func zipOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range files {
		head := &zip.FileHeader{Name: strings.TrimSuffix(name, "@"), Method: zip.Deflate}
		if strings.HasSuffix(name, "@") {
			head.SetMode(fs.ModeSymlink | 0o777)
		}
		w, err := z.CreateHeader(head)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bomb packs a file of 1 GiB of zeros into 1 MB.
func bomb(t *testing.T, name string) []byte {
	t.Helper()
	const mib = 1 << 20
	var part, b bytes.Buffer
	zeros := make([]byte, mib)
	deflate, err := flate.NewWriter(&part, flate.BestCompression)
	if err == nil {
		_, err = deflate.Write(zeros)
	}
	if err = errors.Join(err, deflate.Flush()); err != nil { // what is flushed can be repeated
		t.Fatal(err)
	}
	end := []byte{1, 0, 0, 0xff, 0xff} // an empty last block
	sum := uint32(0)
	for range 1024 {
		sum = crc32.Update(sum, crc32.IEEETable, zeros)
	}
	z := zip.NewWriter(&b)
	w, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, CRC32: sum, CompressedSize64: uint64(1024*part.Len() + len(end)), UncompressedSize64: 1024 * mib})
	if err != nil {
		t.Fatal(err)
	}
	for range 1024 {
		_, err = w.Write(part.Bytes())
	}
	if _, err2 := w.Write(end); errors.Join(err, err2, z.Close()) != nil {
		t.Fatal(err, err2)
	}
	return b.Bytes()
}

// rawWorkbook packs the sheet of a spreadsheet as it is written.
func rawWorkbook(t *testing.T, sheet string) []byte {
	t.Helper()
	const (
		ns   = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
		rel  = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
		kind = `application/vnd.openxmlformats-officedocument.spreadsheetml.`
		rels = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	)
	return zipOf(t, map[string]string{
		"[Content_Types].xml":        `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="` + kind + `sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + kind + `worksheet+xml"/></Types>`,
		"_rels/.rels":                rels + `<Relationship Id="rId1" Type="` + rel + `officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml":            `<workbook ` + ns + `><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": rels + `<Relationship Id="rId1" Type="` + rel + `worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   `<worksheet ` + ns + `><sheetData>` + sheet + `</sheetData></worksheet>`,
	})
}

// upload hands in a roster as the page does, without following where the answer leads.
func (h *hall) upload(t *testing.T, base, name string, data []byte) answered {
	t.Helper()
	req, err := uploadOf(base+"/roster/import?province=08", name, data)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+h.Office)
	res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{res.StatusCode, string(text) + res.Header.Get("Location")}
}

// uploadOf is a request that hands in a file as the page of the roster does.
func uploadOf(url, name string, data []byte) (*http.Request, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = file.Write(data)
	}
	if err = errors.Join(err, form.Close()); err != nil {
		return nil, err
	}
	req, err := http.NewRequest(http.MethodPost, url, &body)
	if err == nil {
		req.Header.Set("Content-Type", form.FormDataContentType())
	}
	return req, err
}

// sentences are the beginnings of what is said of a file that cannot be read, up to a number in it, by key; all of them
// under "any".
func sentences(t *testing.T) map[string][]string {
	t.Helper()
	text, err := fs.ReadFile(content.FS, "messages/vi.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]string
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	begins := map[string][]string{}
	for key, sentence := range all {
		if name, ok := strings.CutPrefix(key, "error.file."); ok {
			sentence, _, _ = strings.Cut(sentence, "%")
			begins[name] = []string{sentence}
			begins["any"] = append(begins["any"], sentence)
		}
	}
	return begins
}

// Files made to exhaust who reads them are refused with a sentence, within two seconds and 64 MiB.
func TestHostileUploads(t *testing.T) {
	h := newHall(t, console.Place{Data: filepath.Join(t.TempDir(), "data")}, 1, 1)
	r := programtest.Launch(t, h.At)
	h.SignIn(t, r)
	words := sentences(t)
	many := map[string]string{}
	for i := range 70_000 {
		many[strconv.Itoa(i)] = ""
	}
	for name, c := range map[string]struct {
		data []byte
		says string
	}{
		"wide.xlsx":    {rawWorkbook(t, strings.Repeat(`<row><c r="XFD1"><v>1</v></c></row>`, 100_000)), "columns"},
		"long.xlsx":    {rawWorkbook(t, strings.Repeat(`<row/>`, 1_000_000)), "rows"},
		"bomb.xlsx":    {bomb(t, "xl/worksheets/sheet1.xml"), "unpacked"},
		"entries.xlsx": {zipOf(t, many), "unpacked"},
		"link.xlsx":    {zipOf(t, map[string]string{"xl/workbook.xml@": "/etc/passwd", "xl/worksheets/sheet1.xml@": "/etc/passwd"}), "damaged"},
		"deep.xlsx":    {rawWorkbook(t, strings.Repeat("<a>", 1_000_000)), "unpacked"},
		"zeros.csv":    {make([]byte, 9<<20), "any"},
		"quote.csv":    {[]byte(`"` + strings.Repeat("a,\n", 3<<20)), "any"},
		"cells.csv":    {[]byte(strings.Repeat(",", 9<<20)), "any"},
	} {
		rest, before := rests(t, r), worked(t, r)
		got := h.upload(t, r.Base, name, c.data)
		took := worked(t, r) - before // and not the time that others on this machine took
		if got.status < 400 || got.status >= 500 || took > 2*time.Second {
			t.Errorf("%s of %d KB: %d after %v", name, len(c.data)>>10, got.status, took)
		}
		if !slices.ContainsFunc(words[c.says], func(begins string) bool { return strings.Contains(got.text, begins) }) || strings.Contains(got.text, "root:") {
			t.Errorf("%s: it does not say %s: %.600s", name, c.says, got.text)
		}
		if peak := memoryOf(t, r, "VmHWM:"); peak-rest > mostMemory {
			t.Errorf("%s of %d KB: the program held %d MiB, before %d MiB", name, len(c.data)>>10, peak>>20, rest>>20)
		}
	}
	h.wantReads(t, r.Base)
}

// Twelve bodies at once, each as large as its route allows and made of as many parts as fit, make the program hold at
// most 100 MiB more, whatever becomes of them; and each is answered within seconds.
func TestBodiesOfManyParts(t *testing.T) {
	h := newHall(t, console.Place{Data: filepath.Join(t.TempDir(), "data")}, 2, 1)
	r := programtest.Launch(t, h.At)
	h.SignIn(t, r)
	for _, c := range []struct{ what, path, kind, body string }{
		{"facts", "/api/v1/facts", "application/json", `{"facts":[` + strings.Repeat("{},", (1<<20)/3-10) + `{}]}`},
		{"answers", "/api/v1/facts", "application/json", `{"facts":[{"answers":{` + strings.Repeat(`"a":0,`, (1<<20)/6-10) + `"b":0}}]}`},
		{"a text", "/api/v1/facts", "application/json", `{"facts":[{"text":"` + strings.Repeat("a", (1<<20)-60) + `"}]}`},
		{"a form", "/courses/T000/doc/quiz", "application/x-www-form-urlencoded", strings.Repeat("&a", 390_000)},
		{"fields", "/author/paste", "multipart/form-data; boundary=x", strings.Repeat("--x\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n", 15_000) + "--x--\r\n"},
	} {
		rest, began := rests(t, r), time.Now()
		var wait sync.WaitGroup
		codes := make([]int, 12)
		for i := range codes {
			wait.Go(func() {
				req, err := http.NewRequest(http.MethodPost, r.Base+c.path, strings.NewReader(c.body))
				if err != nil {
					t.Error(err)
					return
				}
				req.Header.Set("Content-Type", c.kind)
				req.Header.Set("Authorization", "Bearer "+h.People[i%2].Token)
				res, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				res.Body.Close()
				codes[i] = res.StatusCode
			})
		}
		wait.Wait()
		more := memoryOf(t, r, "VmHWM:") - rest
		t.Logf("%s: answered %v in %v, %d MiB more at most", c.what, codes, time.Since(began).Round(time.Millisecond), more>>20)
		for _, code := range codes {
			if code < 400 && c.what != "a text" || code >= 500 && code != 503 {
				t.Errorf("%s: %d", c.what, code)
			}
		}
		if more > 100<<20 {
			t.Errorf("%s: the program held %d MiB more", c.what, more>>20)
		}
	}
}

package workbook

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"lopban/courses/letters"
)

// readXLSX reads every sheet of a workbook. What the library does not tell while it reads row by row (hidden rows and
// columns, joined cells, formulas without a value) is read from the same parts beside it: asked cell by cell, it would
// keep the whole sheet in memory.
func readXLSX(data []byte, parts map[string]*zip.File, limits Limits) (b *Book, err error) {
	defer func() { // a library that reads what strangers send may fail in ways of its own
		if fault := recover(); fault != nil {
			err = fmt.Errorf("%w: %v", fileProblem("file.damaged"), fault)
		}
	}()
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{RawCellValue: true, UnzipSizeLimit: unpackedBytes, UnzipXMLSizeLimit: unpackedBytes})
	if err != nil {
		return nil, fileProblem("file.damaged")
	}
	defer f.Close()
	props, _ := f.GetWorkbookProps()
	since1904 := props.Date1904 != nil && *props.Date1904
	files := sheetFiles(parts)
	b = &Book{Code: codeOfFonts(parts)}
	for i, name := range f.GetSheetList() {
		if i == sheetsMost {
			return nil, fileProblem("file.sheets", strconv.Itoa(sheetsMost))
		}
		s := &Sheet{Name: name}
		if visible, err := f.GetSheetVisible(name); err == nil {
			s.Hidden = !visible
		}
		g := &gatherer{sheet: s, limits: limits}
		if err := readRows(f, g); err != nil {
			return nil, err
		}
		if part := parts[files[name]]; part != nil && len(s.Rows) > 0 {
			if err := readMarks(part, s, since1904); err != nil {
				return nil, err
			}
		}
		b.Sheets = append(b.Sheets, s)
	}
	return b, nil
}

func readRows(f *excelize.File, g *gatherer) error {
	rows, err := f.Rows(g.sheet.Name)
	if err != nil {
		return nil // a sheet of a chart has no rows
	}
	defer rows.Close()
	for number := 1; rows.Next(); number++ {
		if number > g.limits.Rows*emptyRowsFactor+otherRows {
			return fileProblem("file.rows", strconv.Itoa(g.limits.Rows))
		}
		cells, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return fileProblem("file.damaged")
		}
		if err := g.add(number, cells); err != nil {
			return err
		}
	}
	if rows.Error() != nil {
		return fileProblem("file.damaged")
	}
	return nil
}

// unmarshalPart reads a small part; one that cannot be read says nothing.
func unmarshalPart(part *zip.File, into any) {
	if part == nil {
		return
	}
	r, err := part.Open()
	if err != nil {
		return
	}
	defer r.Close()
	xml.NewDecoder(r).Decode(into)
}

// sheetFiles says in which part each sheet is.
func sheetFiles(parts map[string]*zip.File) map[string]string {
	var book struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
			ID   string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
			Old  string `xml:"http://purl.oclc.org/ooxml/officeDocument/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	var relations struct {
		All []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	unmarshalPart(parts["xl/workbook.xml"], &book)
	unmarshalPart(parts["xl/_rels/workbook.xml.rels"], &relations)
	files := map[string]string{}
	for _, s := range book.Sheets {
		for _, r := range relations.All {
			if r.ID == cmp.Or(s.ID, s.Old) {
				if files[s.Name] = strings.TrimPrefix(r.Target, "/"); !strings.HasPrefix(r.Target, "/") {
					files[s.Name] = path.Join("xl", r.Target)
				}
			}
		}
	}
	return files
}

// codeOfFonts is the old code of the first font that has one.
func codeOfFonts(parts map[string]*zip.File) letters.Code {
	var styles struct {
		Fonts []struct {
			Name struct {
				Value string `xml:"val,attr"`
			} `xml:"name"`
		} `xml:"fonts>font"`
	}
	unmarshalPart(parts["xl/styles.xml"], &styles)
	for _, f := range styles.Fonts {
		if code := letters.OfFont(f.Name.Value); code != "" {
			return code
		}
	}
	return ""
}

// readMarks adds to the rows of a sheet what is hidden, joined, a number, or a formula without a value. Dates that
// count from 1904 are put as those from 1900.
func readMarks(part *zip.File, s *Sheet, since1904 bool) error {
	r, err := part.Open()
	if err != nil {
		return fileProblem("file.damaged")
	}
	defer r.Close()
	at := map[int]*Row{}
	for i := range s.Rows {
		at[s.Rows[i].Number] = &s.Rows[i]
	}
	d := xml.NewDecoder(r)
	d.Strict = false
	m := marker{sheet: s, rows: at, since1904: since1904}
	for {
		token, err := d.RawToken()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return nil // the library read what it could; what is marked so far is true
		}
		switch t := token.(type) {
		case xml.StartElement:
			m.begin(t)
		case xml.EndElement:
			m.end(t.Name.Local)
		}
	}
}

type marker struct {
	sheet     *Sheet
	rows      map[int]*Row
	since1904 bool

	row            *Row
	number, column int
	kind           string // of the cell
	formula, value bool
}

func (m *marker) begin(t xml.StartElement) {
	attr := func(name string) string {
		for _, a := range t.Attr {
			if a.Name.Local == name && a.Name.Space == "" {
				return a.Value
			}
		}
		return ""
	}
	switch t.Name.Local {
	case "col":
		m.hideColumns(attr("hidden"), attr("min"), attr("max"))
	case "row":
		m.number++
		if n, err := strconv.Atoi(attr("r")); err == nil {
			m.number = n
		}
		m.column = -1
		if m.row = m.rows[m.number]; m.row != nil {
			m.row.Hidden = isTrue(attr("hidden"))
		}
	case "c":
		m.column++
		if column, _, err := excelize.CellNameToCoordinates(attr("r")); err == nil {
			m.column = column - 1
		}
		m.kind, m.formula, m.value = attr("t"), false, false
	case "f":
		m.formula = true
	case "v", "is":
		m.value = true
	case "mergeCell":
		if merge, ok := mergeOf(attr("ref")); ok && len(m.sheet.Merges) < 100_000 {
			m.sheet.Merges = append(m.sheet.Merges, merge)
		}
	}
}

func isTrue(s string) bool { return s == "1" || s == "true" }

func (m *marker) hideColumns(hidden, from, to string) {
	first, err := strconv.Atoi(from)
	last, err2 := strconv.Atoi(to)
	if !isTrue(hidden) || err != nil || err2 != nil {
		return
	}
	for i := first; i <= last && i <= 200; i++ {
		m.sheet.Columns = append(m.sheet.Columns, i-1)
	}
}

func (m *marker) end(name string) {
	if name != "c" || m.row == nil {
		return
	}
	empty := m.column >= len(m.row.Cells) || m.row.Cells[m.column] == ""
	switch {
	case m.formula && (!m.value || empty && m.kind != "str"): // a text may be calculated to be empty
		m.row.Formulas = append(m.row.Formulas, m.column)
	case !empty && (m.kind == "" || m.kind == "n"):
		m.row.Numbers = append(m.row.Numbers, m.column)
		if days, err := strconv.ParseFloat(m.row.Cells[m.column], 64); err == nil && m.since1904 && Serial.MatchString(m.row.Cells[m.column]) {
			m.row.Cells[m.column] = strconv.FormatFloat(days+1462, 'f', -1, 64)
		}
	}
}

// mergeOf reads "B2:C5".
func mergeOf(ref string) (Merge, bool) {
	from, to, _ := strings.Cut(ref, ":")
	left, top, err := excelize.CellNameToCoordinates(from)
	right, bottom, err2 := excelize.CellNameToCoordinates(to)
	return Merge{top, left - 1, bottom, right - 1}, err == nil && err2 == nil && bottom >= top && right >= left
}

// Letter is the name of a column, counted from 0, as spreadsheets have it.
func Letter(i int) string {
	name, err := excelize.ColumnNumberToName(i + 1)
	if err != nil {
		return ""
	}
	return name
}

package bring

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"lopban/courses/authoring/bundle"
	"lopban/courses/authoring/coursetest"
)

// Texts that were typed for .VnTime or VNI-Times, in files that have no font or do not say it.
func TestBringReadsLettersOfBeforeUnicode(t *testing.T) {
	const (
		tcvn3    = "Th\u00ad viÖn c¬ së phôc vô b¹n ®äc"
		vni      = "Thö vieän cô sôû phuïc vuï baïn ñoïc"
		want     = "Thư viện cơ sở phục vụ bạn đọc"
		question = "::Tñ::Tñ s¸ch ®Æt ë ®©u trong x·? {=Nhµ v¨n hãa x·#§óng råi ~Chî huyÖn#Sai mÊt råi}"
	)
	bytes1252, err := charmap.Windows1252.NewEncoder().String(question)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ what, name, text, want, left string }{
		{"Markdown", "bai.md", "# Kho\n\n## " + tcvn3 + "\n\nĐã là Unicode.\n", "## " + want + "\n\nĐã là Unicode.\n", "left-old-letters 1"},
		{"a page", "bai.html", `<h1>Kho</h1><p><font face=".VnTime">` + tcvn3 + "</font></p><p>Đã là Unicode.", want + "\n\nĐã là Unicode.\n", "left-old-letters 1"},
		{"a page of VNI", "bai.html", "<h1>Kho</h1><p>" + vni, want + "\n", "left-old-letters 1"},
		{"a page with entities", "bai.html", "<h1>Kho</h1><p>" + strings.NewReplacer("\u00ad", "&shy;", "Ö", "&Ouml;").Replace(tcvn3), want + "\n", "left-old-letters 1"},
		{"a page that says windows-1258", "bai.html", "<html><head><meta http-equiv=Content-Type content='text/html; charset=windows-1258'></head><body><p>S\xe1ch \xf0\xf3 c\xf3.", "Sách đó có.\n", ""},
		{"bytes of TCVN3", "bai.gift", bytes1252, "Nhà văn hóa xã#Đúng rồi", "left-old-letters 1"},
		{"Moodle's XML", "bai.xml", strings.ReplaceAll(string(moodle(moodleQ("shortanswer", "Tên", tcvn3, moodleA("100", "kho", "", "")))), "><", ">\n<"), want, "left-old-letters 1"},
		{"GIFT", "bai.gift", question, "Tủ sách đặt ở đâu trong xã?", "left-old-letters 1"},
		{"another language", "bai.md", "# Kho\n\n## Déjà vu\n\nUn été à la plage, où sont les élèves ?\n", "Un été à la plage, où sont les élèves ?\n", ""},
	} {
		b, p := brought(t, c.name, []byte(c.text), false)
		l := p.Version.Lessons()[0]
		all := l.Body.Vi + string(b.Files["lessons/"+l.ID+".vi.gift"])
		if !strings.Contains(all, c.want) || strings.Join(coursetest.Said(b.LeftOut), ", ") != c.left {
			t.Errorf("%s: %q, left %v", c.what, all, coursetest.Said(b.LeftOut))
		}
	}
	text, left, err := bundle.Pasted([]byte(`<p style="font-family:.VnTime">` + tcvn3))
	if text != want+"\n" || len(left) != 1 || err != nil {
		t.Errorf("pasted: %q %v %v", text, left, err)
	}
}

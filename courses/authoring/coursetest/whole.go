package coursetest

import "bytes"

// PracticeYAML is the part of course.yaml about a practice task.
const PracticeYAML = `practice:
  title: {vi: "Một buổi đón bạn đọc", en: "A morning with readers"}
  minutes: 45
  required: true
  pass: 5
  rubric:
    - {id: so-muon, text: {vi: "Sổ ghi đủ", en: "The register is whole"}, points: 4}
    - {id: loi-chao, text: {vi: "Lời chào", en: "The greeting"}, points: 3}
`

// Practice is the good course with a practice task.
func Practice() map[string][]byte {
	files := Good()
	files["course.yaml"] = []byte(YAML + PracticeYAML)
	files["practice.vi.md"] = []byte("Mời ba người.\n\n## Làm gì\n\nXem [bài](cho-muon).\n\n![Giá sách](../media/gia.svg)\n")
	files["practice.en.md"] = []byte("Invite three.\n\n## What to do\n\nSee [the lesson](cho-muon).\n\n![A shelf](../media/gia.svg)\n")
	return files
}

const levelsText = `{points: 2, vi: "Ghi được hai ô", en: "two boxes"}, {points: 4, vi: "Đủ bốn ô", en: "all four"}`

const sourcesText = `checked: 2026-11-30
sources:
  - {vi: "Luật Thư viện số 46/2019/QH14", en: "Library Law 46/2019/QH14", in_force: 2020-07-01, where: "vbpl.vn"}
  - {vi: "Sổ tay thư viện xã", en: "Handbook", where: "Thư viện tỉnh"}
`

// Whole is a course with everything that a course can have.
func Whole() map[string][]byte {
	files := Practice()
	files["course.yaml"] = append(bytes.Replace(files["course.yaml"], []byte("points: 4}"), []byte("points: 4, levels: ["+levelsText+"]}"), 1), sourcesText...)
	files["model.vi.md"], files["model.en.md"] = []byte("Sổ của Lan.\n\n![Giá sách](../media/gia.svg)\n"), []byte("Lan's register.\n\n![A shelf](../media/gia.svg)\n")
	files["lessons/don-tiep.form.vi.md"], files["lessons/don-tiep.form.en.md"] = []byte("## Phiếu đón tiếp\n\n| Ngày | Ai |\n|---|---|\n| | |\n"), []byte("## Visitors\n\n| Day | Who |\n|---|---|\n| | |\n")
	files["guide.vi.md"], files["guide.en.md"] = []byte("## Mở đầu\n\n10 phút.\n"), []byte("## Start\n\n10 minutes.\n")
	return files
}

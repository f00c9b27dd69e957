package courses

import "slices"

// The pages of a course have names where those of its lessons stand, and the desk has pages where the names of courses
// stand: no lesson and no course may be called so, or it could not be reached.
var (
	pagesOfACourse = []string{"advance", "figures", "history", "import", "media", "open", "outline", "practice", "preview",
		"publish", "quiz", "remarks", "renew", "review", "save", "versions"}
	pagesOfTheDesk = []string{"import", "paste"}
)

// LessonNameTaken says whether a page of every course or the final test has this name, so that no lesson may have it
// as its id.
func LessonNameTaken(id string) bool { return id == FinalID || slices.Contains(pagesOfACourse, id) }

// CourseNameTaken says whether a page of the desk has this name, so that no course may have it as its id.
func CourseNameTaken(id string) bool { return slices.Contains(pagesOfTheDesk, id) }

package server

import (
	"github.com/gofiber/fiber/v2"

	"lopban/server/learn"
	"lopban/server/page"
)

// budgets are how many calls of the store a route may make, however many people, courses and facts there are: on
// MongoDB each is a round trip. A list of more than some thousand people is read some at a time. TestBudgets holds them
// on both engines.
var budgets = map[string]int{
	"GET /":                               10,
	"GET /courses":                        6,
	"GET /courses/:id":                    6,
	"GET /courses/:id/:lesson":            2,
	"GET /courses/:id/:lesson/quiz":       5,
	"POST /courses/:id/:lesson":           3,
	"POST /api/v1/facts":                  4,
	"GET /roster":                         9,
	"GET /api/v1/people":                  6,
	"GET /practice":                       5,
	"GET /author/:course/figures":         7,
	"GET /board":                          2,
	"GET /missing":                        10,
	"GET /completions":                    9,
	"GET /admin":                          5,
	"GET /api/v1/reports/missing.:format": 12,
}

// routes is the whole site map, grouped by who may enter. Scope (whose province, whose certificate) is asked by the
// handlers, in the words of roster/scope.go.
func (s *Server) routes(app *fiber.App) {
	app.Use(s.observe, s.guard, s.compress)
	app.Get("/healthz", s.healthz)
	app.Get("/readyz", s.readyz)
	app.Get("/assets/:name", s.Asset)
	app.Get("/media/:name", s.Media)
	app.Get("/sw.js", s.learn.Worker)
	app.Get("/manifest.webmanifest", s.learn.Manifest)
	app.Get("/offline", s.learn.Offline)

	app.Use(s.visit)
	codes := s.limitShared(&s.limits.Codes)
	facts := s.limit(&s.limits.Facts, page.VisitorID)
	imports := s.limit(&s.limits.Imports, page.VisitorID)
	exports := s.limit(&s.limits.Exports, page.VisitorID)
	papers := s.limit(&s.limits.Papers, page.VisitorID)

	// Anyone
	app.Get("/", s.home)
	app.Post("/language", s.language)
	app.Get("/sign-in", s.signInPage)
	app.Post("/sign-in", s.signIn)
	app.Post("/sign-in/held", s.signIn)
	app.Post("/sign-out", s.signOut)
	app.Get("/claim", s.claimPage)
	app.Post("/claim", s.claim)
	app.Get("/phone", s.learn.Phone)
	app.Get("/privacy", s.rights.Notice)
	app.Get("/figures", s.board.Public)
	app.Get("/v", codes, s.learn.Verify)
	app.Get("/v/keys", s.learn.CheckKeys)
	app.Get("/v/states", s.learn.CheckStates)
	app.Get("/v/sw.js", s.learn.CheckWorker)
	app.Get("/v/:code", codes, s.learn.Verify)
	app.Get("/.well-known/jwks.json", learn.ForPrograms, s.learn.KeySet)
	app.Get("/badges/keys", learn.ForPrograms, s.learn.BadgeKeys)
	app.Get("/badges/keys/:key", learn.ForPrograms, s.learn.BadgeKey)
	app.Get("/badges/issuers/:province", learn.ForPrograms, s.learn.BadgeIssuer)
	app.Get("/badges/status/:list", learn.ForPrograms, s.learn.BadgeStatus)
	app.Get("/badges/:code.jwt", learn.ForPrograms, codes, s.learn.BadgeFile)
	app.Get("/badges/:code.svg", learn.ForPrograms, codes, s.learn.BadgeSVG)
	app.Get("/badges/:code.png", learn.ForPrograms, codes, s.learn.BadgePNG)
	app.Get("/badges/:code", codes, s.learn.Badge)
	app.Get("/courses", s.learn.CourseList)
	app.Get("/search", s.learn.Search)
	app.Get("/courses/:id", s.learn.Course)
	// before the lessons, none of which has a dot in its name
	app.Get("/courses/:id/booklet.pdf", s.member, papers, s.learn.Booklet)
	app.Get("/courses/:id/guide.html", s.member, s.learn.Guide)    // the same
	app.Get("/courses/:id/pack.json", s.member, s.learn.TakeAlong) // the same
	app.Get("/courses/:id/practice", s.learn.Practice)
	app.Get("/courses/:id/:lesson", s.learn.Lesson)
	app.Get("/courses/:id/:lesson/form", s.learn.Form)
	app.Get("/courses/:id/:lesson/remark", s.learn.Remark)

	// Whoever is signed in
	app.Post("/courses/:id/renew", s.member, s.learn.Renew)
	app.Post("/courses/:id/practice", s.owned, facts, s.learn.Submit)
	app.Post("/courses/:id/advance", s.member, facts, s.author.Advance)
	app.Post("/courses/:id/:lesson", s.owned, facts, s.learn.Finish)
	app.Get("/courses/:id/:lesson/quiz", s.member, s.learn.Quiz)
	app.Post("/courses/:id/:lesson/quiz", s.owned, facts, s.learn.HandIn)
	app.Post("/courses/:id/:lesson/remark", s.owned, facts, s.learn.SendRemark)
	app.Post("/courses/:id/:lesson/place", s.member, facts, s.learn.LeavePlace)
	app.Get("/certificates", s.member, s.learn.Certificates)
	app.Get("/certificates/:code.pdf", s.member, papers, s.learn.CertificatePDF)
	app.Get("/certificates/:code.svg", s.member, papers, s.learn.CertificatePicture)
	app.Get("/certificates/:code", s.member, s.learn.Certificate)
	app.Get("/certificates/:code/register", s.member, s.office.Register)
	app.Post("/certificates/:code/reissue", s.member, s.office.ReissueEntry)
	app.Post("/certificates/:code/revoke", s.member, s.office.Revoke)
	app.Post("/certificates/:code/answer", s.member, s.office.Answer)
	app.Get("/me", s.member, s.me)
	app.Get("/me/data", s.member, s.rights.Data)
	app.Get("/me/data.zip", s.member, exports, s.rights.File)
	app.Post("/me/data/consent", s.member, facts, s.rights.Consent)
	app.Post("/me/data/ask", s.member, facts, s.rights.Ask)
	app.Get("/me/trainings", s.member, s.office.TrainingForm)
	app.Post("/me/trainings", s.member, facts, s.office.EnterTraining)
	app.Get("/transcript", s.member, s.learn.Transcript)
	app.Get("/transcript.pdf", s.member, papers, s.learn.TranscriptPDF)
	app.Post("/me/password", s.member, s.changePassword)
	app.Post("/me/login", s.member, s.followNumber)
	app.Post("/me/sign-out", s.member, s.signOutEverywhere)
	app.Get("/me/second", s.member, s.secondPage)
	app.Post("/me/second", s.member, s.draftSecond)
	app.Post("/me/second/code", s.member, s.setSecond)
	app.Post("/me/second/drop", s.member, s.dropSecond)
	app.Get("/board", s.member, s.board.BoardPage)
	app.Get("/indicators", s.member, s.board.IndicatorsPage)

	// Staff of a province, for that province; the programme office and administrators
	app.Get("/board/report.pdf", s.member, s.board.Historian, papers, s.board.Statement)
	app.Get("/completions", s.member, s.board.CompletionsPage)
	app.Get("/periods", s.member, s.board.Historian, s.board.PeriodsPage)
	app.Post("/periods", s.member, s.board.Historian, s.board.ClosePeriod)
	app.Get("/periods/:period", s.member, s.board.Historian, s.board.PeriodPage)
	app.Get("/missing", s.member, s.board.MissingPage)
	app.Get("/missing/calls", s.member, s.board.CallSheet)
	app.Get("/libraries", s.member, s.Keeper, s.board.Libraries)
	app.Post("/libraries", s.member, s.Keeper, s.board.EnterLibrary)
	app.Post("/libraries/offers", s.member, s.Keeper, s.board.EnterOffers)
	app.Get("/libraries/:library", s.member, s.Keeper, s.board.Library)
	app.Post("/libraries/:library", s.member, s.Keeper, s.board.ChangeLibrary)
	app.Get("/trainings", s.member, s.Keeper, s.office.Trainings)
	app.Post("/trainings/accept", s.member, s.Keeper, s.office.AcceptTrainings)
	app.Get("/trainings/import", s.member, s.Keeper, s.office.TrainingImport)
	app.Post("/trainings/import", s.member, s.Keeper, imports, s.office.ReadTrainings)
	app.Get("/trainings/import/:id", s.member, s.Keeper, s.office.TrainingList)
	app.Post("/trainings/import/:id", s.member, s.Keeper, imports, s.office.TakeTrainings)
	// a training is its holder's too
	app.Get("/trainings/:training", s.member, s.office.Training)
	app.Post("/trainings/:training", s.member, s.office.RuleTraining)
	app.Get("/trainings/:training/:file", s.member, s.office.Evidence)
	app.Get("/registers", s.member, s.Keeper, s.office.Registers)
	app.Post("/registers", s.member, s.Keeper, s.office.Decide)
	app.Get("/registers/:year/book.pdf", s.member, s.Keeper, papers, s.office.RegisterBook)
	app.Get("/registers/signing", s.member, s.Keeper, s.office.Signing)
	app.Post("/registers/signing", s.member, s.Keeper, imports, s.office.TakeSigned)
	app.Get("/registers/signing.zip", s.member, s.Keeper, papers, s.office.SigningFile)
	app.Get("/registers/:batch", s.member, s.Keeper, s.office.Batch)
	app.Get("/registers/:batch/print.pdf", s.member, s.Keeper, papers, s.office.PrintBatch)
	app.Get("/roster", s.member, s.Keeper, s.people.RosterPage)
	app.Post("/roster", s.member, s.Keeper, s.people.AddPerson)
	app.Get("/roster/new", s.member, s.Keeper, s.people.NewPersonPage)
	app.Get("/roster/template.xlsx", s.member, s.Keeper, s.people.RosterTemplate)
	app.Get("/roster/export.:format", s.member, s.Keeper, exports, s.people.ExportRoster)
	app.Post("/roster/slips", s.member, s.Keeper, papers, s.people.SlipsFile)
	app.Get("/roster/import", s.member, s.Keeper, s.people.ImportPage)
	app.Post("/roster/import", s.member, s.Keeper, imports, s.people.ImportFile)
	app.Get("/roster/import/:id", s.member, s.Keeper, s.people.ImportPreview)
	app.Get("/roster/import/:id/problems.xlsx", s.member, s.Keeper, exports, s.people.ImportProblems)
	app.Get("/roster/import/:id/preview.xlsx", s.member, s.Keeper, exports, s.people.ImportRows)
	app.Post("/roster/import/:id/choices", s.member, s.Keeper, imports, s.people.ImportChoose)
	app.Post("/roster/import/:id", s.member, s.Keeper, imports, s.people.ImportApply)
	app.Post("/roster/import/:id/cancel", s.member, s.Keeper, s.people.ImportCancel)
	app.Get("/roster/import/:id/undo", s.member, s.Keeper, s.people.UndoPage)
	app.Post("/roster/import/:id/undo", s.member, s.Keeper, imports, s.people.UndoImportOf)
	app.Get("/roster/transfers", s.member, s.Keeper, s.people.Transfers)
	app.Post("/roster/transfers", s.member, s.Keeper, s.people.AskTransfer)
	app.Post("/roster/transfers/:person/:n", s.member, s.Keeper, s.people.AnswerTransfer)
	app.Get("/roster/:person", s.member, s.Keeper, s.people.PersonPage)
	app.Get("/roster/:person/data", s.member, s.Keeper, s.rights.Data)
	app.Get("/roster/:person/data.zip", s.member, s.Keeper, exports, s.rights.File)
	app.Post("/roster/:person/data/consent", s.member, s.Keeper, s.rights.Consent)
	app.Post("/roster/:person/data/ask", s.member, s.Keeper, s.rights.Ask)
	app.Post("/roster/:person/data/erase", s.member, s.Keeper, s.rights.Erase)
	app.Get("/requests", s.member, s.Keeper, s.rights.Requests)
	app.Post("/requests/:person/:n", s.member, s.Keeper, s.rights.Answer)
	app.Get("/roster/:person/trainings", s.member, s.Keeper, s.office.TrainingForm)
	app.Post("/roster/:person/trainings", s.member, s.Keeper, facts, s.office.EnterTraining)
	app.Post("/roster/:person/correct", s.member, s.Keeper, s.people.CorrectPerson)
	app.Post("/roster/:person/move", s.member, s.Keeper, s.people.MovePerson)
	app.Post("/roster/:person/leave", s.member, s.Keeper, s.people.Leave)
	app.Get("/roster/:person/merge", s.member, s.Keeper, s.people.MergePage)
	app.Post("/roster/:person/merge", s.member, s.Keeper, s.people.MergePeople)
	app.Post("/roster/:person/part", s.member, s.Keeper, s.people.PartPeople)
	app.Post("/roster/:person/strike", s.member, s.Keeper, s.people.Strike)
	app.Post("/roster/:person/restore", s.member, s.Keeper, s.people.Restore)
	app.Post("/roster/:person/reset", s.member, s.Keeper, s.people.ResetPerson)
	app.Post("/roster/:person/transfer", s.member, s.Keeper, s.people.OfferTransfer)
	app.Post("/roster/:person/login", s.member, s.Keeper, s.people.FollowNumber)
	app.Post("/roster/:person/sign-out", s.member, s.Keeper, s.people.SignOutPerson)
	app.Post("/roster/:person/unlock", s.member, s.Keeper, s.people.UnlockPerson)
	app.Post("/roster/:person/slip", s.member, s.Keeper, papers, s.people.Slip)

	// The programme office and administrators
	app.Get("/places", s.member, s.people.Mapper, s.people.PlacesPage)
	app.Post("/places", s.member, s.people.Mapper, imports, s.people.ReadPlaces)
	app.Get("/places/drafts/:id", s.member, s.people.Mapper, s.people.PlaceDraft)
	app.Post("/places/drafts/:id", s.member, s.people.Mapper, s.people.TakePlaces)
	app.Get("/places/:id", s.member, s.people.Mapper, s.people.PlaceDecision)
	app.Post("/places/:id/undo", s.member, s.people.Mapper, s.people.UndoDecision)

	// Trainers of a province, for the people of that province; a photo for its author too
	app.Get("/practice", s.member, s.learn.Teacher, s.learn.PracticeQueue)
	app.Get("/practice/:submission", s.member, s.learn.Teacher, s.learn.Submission)
	app.Post("/practice/:submission", s.member, s.learn.Teacher, s.learn.ReviewWork)
	app.Get("/practice/:submission/:photo", s.member, s.learn.Photo)

	// Trainers
	app.Get("/author", s.member, s.author.Writer, s.author.Author)
	app.Post("/author", s.member, s.author.Writer, s.author.DeskCreate)
	app.Post("/author/paste", s.member, s.author.Writer, s.author.Paste)
	app.Get("/author/import", s.member, s.author.Writer, s.author.BringPage)
	app.Post("/author/import", s.member, s.author.Writer, imports, s.author.BringFile)
	app.Get("/author/import/:id", s.member, s.author.Writer, s.author.BringPreview)
	app.Post("/author/import/:id", s.member, s.author.Writer, imports, s.author.BringApply)
	app.Get("/author/:course/figures", s.member, s.author.Writer, s.author.Statistics)
	app.Get("/author/:course/figures.csv", s.member, s.author.Writer, exports, s.author.StatisticsFile)
	app.Get("/author/:course/remarks", s.member, s.author.Writer, s.author.Remarks)
	app.Post("/author/:course/remarks", s.member, s.author.Writer, s.author.AnswerRemark)
	app.Get("/author/:course/media", s.member, s.author.Writer, s.author.DeskMedia)
	app.Post("/author/:course/media", s.member, s.author.Writer, s.author.DeskPutMedia)
	app.Post("/author/:course/media/remove", s.member, s.author.Writer, s.author.DeskRemoveMedia)
	app.Get("/author/:course/history", s.member, s.author.Writer, s.author.DeskHistory)
	app.Post("/author/:course/history", s.member, s.author.Writer, s.author.DeskRestore)
	app.Get("/author/:course/review", s.member, s.author.Writer, s.author.DeskReview)
	app.Post("/author/:course/review", s.member, s.author.Writer, s.author.DeskReviewDo)
	app.Post("/author/:course/publish", s.member, s.author.Writer, s.author.DeskPublish)
	app.Get("/author/:course/versions", s.member, s.author.Cataloguer, s.author.DeskVersions)
	app.Post("/author/:course/versions", s.member, s.author.Cataloguer, s.author.DeskVersionsDo)
	app.Get("/author/:course/versions/compare", s.member, s.author.Cataloguer, s.author.DeskCompare)
	app.Get("/author/:course/export.zip", s.member, s.author.Writer, exports, s.author.DeskExport)
	app.Post("/author/:course/open", s.member, s.author.Writer, s.author.DeskOpen)
	app.Post("/author/:course/outline", s.member, s.author.Writer, s.author.DeskOutline)
	app.Post("/author/:course/save", s.member, s.author.Writer, s.author.DeskSave)
	app.Post("/author/:course/preview", s.member, s.author.Writer, s.author.DeskPreview)
	app.Get("/author/:course", s.member, s.author.Writer, s.author.DeskCourse)
	app.Get("/author/:course/:lesson", s.member, s.author.Writer, s.author.DeskLesson)
	app.Post("/author/:course/:lesson", s.member, s.author.Writer, s.author.DeskSaveLesson)
	app.Get("/author/:course/:lesson/quiz", s.member, s.author.Writer, s.author.QuizEditor)
	app.Post("/author/:course/:lesson/quiz", s.member, s.author.Writer, s.author.SaveQuiz)

	// Administrators
	app.Get("/admin", s.member, s.office.Granter, s.office.Admin)
	app.Post("/admin", s.member, s.office.Granter, s.office.CreateAccount)
	app.Post("/admin/:account/reset", s.member, s.office.Granter, s.office.ResetAccount)
	app.Post("/admin/:account/disable", s.member, s.office.Granter, s.office.DisableAccount)
	app.Post("/admin/:account/sign-out", s.member, s.office.Granter, s.office.SignOutAccount)
	app.Post("/admin/:account/unlock", s.member, s.office.Granter, s.office.UnlockAccount)
	app.Post("/admin/:account/second", s.member, s.office.Granter, s.office.ResetSecond)
	app.Post("/admin/:account/enable", s.member, s.office.Granter, s.office.EnableAccount)

	// Whoever keeps the settings of a province; the audit trail for the programme office too
	app.Get("/admin/issuers/:province", s.member, s.office.IssuerPage)
	app.Post("/admin/issuers/:province", s.member, s.office.SaveIssuer)
	app.Post("/admin/issuers/:province/contact", s.member, s.office.SaveContact)
	app.Get("/admin/issuers/:province/sample.pdf", s.member, papers, s.office.IssuerSample)
	app.Get("/admin/audit", s.member, s.office.AuditTrail)
	app.Get("/admin/audit.csv", s.member, exports, s.office.AuditFile)
	app.Get("/admin/:account", s.member, s.office.Granter, s.office.AccountPage)
	app.Post("/admin/:account", s.member, s.office.Granter, s.office.ChangeAccountOf)

	// Programs
	api := app.Group("/api/v1")
	api.Post("/session", s.apiSignIn)
	api.Post("/session/refresh", s.apiRefresh)
	api.Delete("/session", s.member, s.apiSignOut)
	api.Delete("/sessions", s.member, s.apiSignOutEverywhere)
	api.Get("/me", s.member, s.apiMe)
	api.Get("/courses", s.apiCourses)
	api.Get("/courses/:id", s.apiCourse)
	api.Get("/courses/:id/lessons/:lesson", s.apiLesson)
	api.Post("/facts", s.member, s.apiFacts)
	api.Post("/photos", s.member, facts, s.learn.TakePhoto)
	api.Get("/certificates", s.member, s.apiCertificates)
	api.Get("/certificates/:code", codes, s.apiVerify)
	api.Get("/certificates/:code/credential", learn.ForPrograms, codes, s.learn.BadgeFile)
	api.Post("/certificates/:code/reissue", s.member, s.apiReissue)
	api.Get("/board", s.member, s.board.ApiBoard)
	api.Get("/indicators", s.member, s.board.ApiIndicators)
	api.Get("/periods", s.member, s.board.Historian, s.board.ApiPeriods)
	api.Get("/periods/:period", s.member, s.board.Historian, s.board.ApiPeriodOf)
	api.Get("/reports/:report.:format", s.member, exports, s.board.ApiReport)
	api.Get("/people", s.member, s.Keeper, s.people.ApiPeople)
	api.Get("/openapi.json", s.apiOpenAPI)

	app.Use(func(*fiber.Ctx) error { return fiber.ErrNotFound })
}

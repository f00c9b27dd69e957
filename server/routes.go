package server

import (
	"github.com/gofiber/fiber/v2"
)

// routes is the whole site map, grouped by who may enter. Scope (whose province, whose certificate) is asked by the handlers, in the words of roster/scope.go.
func (s *Server) routes(app *fiber.App) {
	app.Use(s.observe, s.guard, s.compress)
	app.Get("/healthz", s.healthz)
	app.Get("/readyz", s.readyz)
	app.Get("/assets/:name", s.asset)
	app.Get("/media/:name", s.media)

	app.Use(s.visit)
	codes := s.limit(&s.limits.codes, network)
	facts := s.limit(&s.limits.facts, visitorID)
	imports := s.limit(&s.limits.imports, visitorID)
	exports := s.limit(&s.limits.exports, visitorID)
	papers := s.limit(&s.limits.papers, visitorID)

	// Anyone
	app.Get("/", s.home)
	app.Post("/language", s.language)
	app.Get("/sign-in", s.signInPage)
	app.Post("/sign-in", s.signIn)
	app.Post("/sign-out", s.signOut)
	app.Get("/claim", s.claimPage)
	app.Post("/claim", s.claim)
	app.Get("/v", codes, s.verify)
	app.Get("/v/:code", codes, s.verify)
	app.Get("/courses", s.courseList)
	app.Get("/courses/:id", s.course)
	app.Get("/courses/:id/booklet.pdf", s.member, papers, s.booklet) // before the lessons, none of which has a dot in its name
	app.Get("/courses/:id/practice", s.practice)
	app.Get("/courses/:id/:lesson", s.lesson)

	// Whoever is signed in
	app.Post("/courses/:id/renew", s.member, s.renew)
	app.Post("/courses/:id/practice", s.member, facts, s.submit)
	app.Post("/courses/:id/advance", s.member, facts, s.advance)
	app.Post("/courses/:id/:lesson", s.member, facts, s.finish)
	app.Get("/courses/:id/:lesson/quiz", s.member, s.quiz)
	app.Post("/courses/:id/:lesson/quiz", s.member, facts, s.handIn)
	app.Get("/certificates", s.member, s.certificates)
	app.Get("/certificates/:code.pdf", s.member, papers, s.certificatePDF)
	app.Get("/certificates/:code", s.member, s.certificate)
	app.Post("/certificates/:code/revoke", s.member, s.revoke)
	app.Get("/me", s.member, s.me)
	app.Post("/me/password", s.member, s.changePassword)
	app.Get("/board", s.member, s.boardPage)

	// Staff of a province, for that province; the programme office and administrators
	app.Get("/missing", s.member, s.missingPage)
	app.Get("/roster", s.member, s.keeper, s.rosterPage)
	app.Post("/roster", s.member, s.keeper, s.addPerson)
	app.Get("/roster/new", s.member, s.keeper, s.newPersonPage)
	app.Get("/roster/template.csv", s.member, s.keeper, s.rosterTemplate)
	app.Get("/roster/export.:format", s.member, s.keeper, exports, s.exportRoster)
	app.Post("/roster/slips", s.member, s.keeper, papers, s.slips)
	app.Get("/roster/import", s.member, s.keeper, s.importPage)
	app.Post("/roster/import", s.member, s.keeper, imports, s.importFile)
	app.Get("/roster/import/:id", s.member, s.keeper, s.importPreview)
	app.Get("/roster/import/:id/problems.csv", s.member, s.keeper, exports, s.importProblems)
	app.Post("/roster/import/:id", s.member, s.keeper, imports, s.importApply)
	app.Get("/roster/:person", s.member, s.keeper, s.personPage)
	app.Post("/roster/:person/correct", s.member, s.keeper, s.correctPerson)
	app.Post("/roster/:person/move", s.member, s.keeper, s.movePerson)
	app.Post("/roster/:person/leave", s.member, s.keeper, s.leave)
	app.Post("/roster/:person/reset", s.member, s.keeper, s.resetPerson)
	app.Post("/roster/:person/slip", s.member, s.keeper, papers, s.slip)

	// Trainers of a province, for the people of that province; a photo for its author too
	app.Get("/practice", s.member, s.teacher, s.practiceQueue)
	app.Get("/practice/:submission", s.member, s.teacher, s.submission)
	app.Post("/practice/:submission", s.member, s.teacher, s.review)
	app.Get("/practice/:submission/:photo", s.member, s.photo)

	// Trainers
	app.Get("/author", s.member, s.writer, s.author)
	app.Post("/author", s.member, s.writer, s.deskCreate)
	app.Post("/author/paste", s.member, s.paste)
	app.Get("/author/:course/figures", s.member, s.figures)
	app.Get("/author/:course/figures.csv", s.member, exports, s.figuresFile)
	app.Get("/author/:course/media", s.member, s.writer, s.deskMedia)
	app.Post("/author/:course/media", s.member, s.writer, s.deskPutMedia)
	app.Post("/author/:course/media/remove", s.member, s.writer, s.deskRemoveMedia)
	app.Get("/author/:course/history", s.member, s.writer, s.deskHistory)
	app.Post("/author/:course/history", s.member, s.writer, s.deskRestore)
	app.Get("/author/:course/review", s.member, s.writer, s.deskReview)
	app.Post("/author/:course/review", s.member, s.writer, s.deskReviewDo)
	app.Post("/author/:course/publish", s.member, s.writer, s.deskPublish)
	app.Get("/author/:course/versions", s.member, s.writer, s.deskVersions)
	app.Post("/author/:course/versions", s.member, s.writer, s.deskVersionsDo)
	app.Get("/author/:course/versions/compare", s.member, s.writer, s.deskCompare)
	app.Get("/author/:course/export.zip", s.member, s.writer, exports, s.deskExport)
	app.Post("/author/:course/open", s.member, s.writer, s.deskOpen)
	app.Post("/author/:course/outline", s.member, s.writer, s.deskOutline)
	app.Post("/author/:course/save", s.member, s.writer, s.deskSave)
	app.Post("/author/:course/preview", s.member, s.writer, s.deskPreview)
	app.Get("/author/:course", s.member, s.writer, s.deskCourse)
	app.Get("/author/:course/:lesson", s.member, s.writer, s.deskLesson)
	app.Post("/author/:course/:lesson", s.member, s.writer, s.deskSaveLesson)
	app.Get("/author/:course/:lesson/quiz", s.member, s.quizEditor)
	app.Post("/author/:course/:lesson/quiz", s.member, s.saveQuiz)

	// Administrators
	app.Get("/admin", s.member, s.granter, s.admin)
	app.Post("/admin", s.member, s.granter, s.createAccount)
	app.Post("/admin/:account/reset", s.member, s.granter, s.resetAccount)
	app.Post("/admin/:account/disable", s.member, s.granter, s.disableAccount)
	app.Post("/admin/:account/enable", s.member, s.granter, s.enableAccount)

	// Whoever keeps the settings of a province; the audit trail for the programme office too
	app.Get("/admin/issuers/:province", s.member, s.issuerPage)
	app.Post("/admin/issuers/:province", s.member, s.saveIssuer)
	app.Get("/admin/issuers/:province/sample.pdf", s.member, papers, s.issuerSample)
	app.Get("/admin/audit", s.member, s.auditTrail)

	// Programs
	api := app.Group("/api/v1")
	api.Post("/session", s.apiSignIn)
	api.Post("/session/refresh", s.apiRefresh)
	api.Delete("/session", s.member, s.apiSignOut)
	api.Get("/me", s.member, s.apiMe)
	api.Get("/courses", s.apiCourses)
	api.Get("/courses/:id", s.apiCourse)
	api.Get("/courses/:id/lessons/:lesson", s.apiLesson)
	api.Post("/facts", s.member, s.apiFacts)
	api.Get("/certificates", s.member, s.apiCertificates)
	api.Get("/certificates/:code", codes, s.apiVerify)
	api.Get("/board", s.member, s.apiBoard)
	api.Get("/reports/:report.:format", s.member, exports, s.apiReport)
	api.Get("/people", s.member, s.keeper, s.apiPeople)
	api.Get("/openapi.json", s.apiOpenAPI)

	app.Use(func(*fiber.Ctx) error { return fiber.ErrNotFound })
}

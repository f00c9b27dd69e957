package fault

import (
	"os"
	"testing"

	"lopban/cmd/lopban/console"
	"lopban/cmd/lopban/programtest"
)

// These tests harm the real program from outside: they kill it, stop it, cut its connections, start it twice. What it
// promised before is then looked for. All that may go wrong, and the tests that show what happens then; those without
// a folder are in this one. TestPromisesNameTheirTests (cmd/lopban) keeps the list right.
//
//	 1  killed during acknowledged writes  TestKill, TestDatabaseLostUnderLoad
//	 2  power lost                         TestPowerCut (courses/store/sqlite), with a control that must lose
//	 3  a disk that answers with errors    TestFailingFlush, TestOneFailingFlush (courses/store/sqlite)
//	 4  a full disk                        TestFullDisk; TestFullDisk (courses/store/sqlite)
//	 5  torn files                         TestCutLogLosesItsEndOnly, TestDamageIsRefused (courses/store/sqlite); TestBrokenFolder (cmd/lopban)
//	 6  a backup while facts come in       TestBackupUnderLoad; TestSnapshotIsOneMoment (courses/store/sqlite)
//	 7  a clock that jumps                 TestTheClockMayDoAnything (courses/school); TestTheClockMovesDuringAQuiz, TestALeaseOfAWrongClockDoesNotHold (server)
//	 8  any order, any repetition          TestOrderAndRepetitionDoNotMatter (courses/school); TestBoardFollowsFromTheFacts (courses/targets)
//	 9  an answer that is lost             TestLostReplies
//	10  two programs on one store          TestFolderHasOneProgram, TestTwoProgramsOnOneDatabase; TestTwoProcessesHaveOneWinner (courses/store/mongodb)
//	11  a slow or lost database            TestDatabaseLostUnderLoad, TestDatabaseKilledUnderLoad; TestLostDatabase (courses/store/mongodb)
//	12  the load of a day                  TestDay; lopban bench
//	13  everybody signs in at once         TestDay; lopban bench
//	14  a reader who leaves                TestExportWithoutAReader; TestWritingStops, TestConstantMemory (courses/targets)
//	15  imports and lists side by side     TestImportsAndExportsSideBySide
//	16  hostile archives and spreadsheets  TestHostileUploads; TestHostileWorkbooks (courses/roster/intake); TestUnpackBelievesNothing (courses/authoring)
//	17  hostile text                       TestHostileWordsStayWordsOnEveryPage, TestHostileJSON (server); TestNothingHostileSurvives (courses/authoring/markdown)
//	18  giant and endless bodies           TestGiantBodies, TestBodiesOfManyParts, TestSlowClientsKeepNobodyWaiting; TestFormBombs, TestSlowClientsAreLetGo (server)
//	19  whatever a parser may be given     every Fuzz function; .ci/run runs each for a while
//	20  stores of other releases           TestStoresOfReleases, TestKilledUpgrade, TestStoreOfALaterRelease; TestBackupsOfReleases (cmd/lopban); TestKilledUpgrade (courses/store/sqlite)
//	21  asked to stop under load           TestStopUnderLoad
//	22  a start after one that failed      TestFullDisk; TestLostLog (cmd/lopban); TestStartsAgainOnceTheCauseIsGone, TestLogThatSomebodyMovedIntoTheFile (courses/store/sqlite)
//	23  files run out, one address crowds  TestFilesRunOut; TestAcceptWaitsForFiles, TestNoAddressKeepsOthersOut (server/edge)
//	24  elections of a replica set         TestElectionsUnderLoad; TestInsertsThroughElections (courses/store/mongodb)
//	25  rosters spoiled as offices do it   TestASpoiledRosterHarmsNobody (courses/roster/intake)
//	26  phones that send and fail          TestServerEndsAsTheLogs (cmd/lopban/journey)
//	28  any day                            .ci/ahead runs tests years ahead; TestNobodyAsksTheMachineForTheDay (cmd/lopban)

func TestMain(m *testing.M) { os.Exit(programtest.Long(m)) }

// hall is a class, with what these tests ask of one.
type hall struct{ *programtest.Hall }

func newHall(t testing.TB, at console.Place, pupils, versions int) *hall {
	t.Helper()
	return &hall{programtest.NewHall(t, at, pupils, versions)}
}

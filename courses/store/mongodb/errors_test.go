package mongodb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"

	"lopban/courses/problem"
)

// Whatever an election, a cleared pool or a lost member makes of an operation is unavailable; what the program did
// wrong stays a fault.
func TestErrorsOfTheMoment(t *testing.T) {
	passing := map[string]error{
		"cleared pool": mongo.CommandError{Message: "connection pool for a:27017 was cleared because another operation failed with: EOF",
			Labels: []string{"TransientTransactionError"}},
		"cleared pool, no label":       mongo.CommandError{Message: "connection pool for a:27017 was cleared because another operation failed with: EOF"},
		"cleared pool, wrapped":        fmt.Errorf("preparing: %w", mongo.CommandError{Message: "connection pool was cleared"}),
		"connection lost":              mongo.CommandError{Labels: []string{"NetworkError"}, Wrapped: topology.ConnectionError{Wrapped: io.EOF}},
		"connection refused":           topology.ConnectionError{Wrapped: &net.OpError{Op: "dial", Err: errors.New("refused")}},
		"no server":                    topology.ServerSelectionError{Wrapped: context.DeadlineExceeded},
		"queue for a connection":       topology.WaitQueueTimeoutError{Wrapped: context.DeadlineExceeded},
		"out of time":                  context.DeadlineExceeded,
		"given up":                     context.Canceled,
		"closed":                       mongo.ErrClientDisconnected,
		"write concern":                mongo.WriteException{WriteConcernError: &mongo.WriteConcernError{Code: 64, Message: "waiting for replication timed out"}},
		"write concern, unknown code":  mongo.WriteException{WriteConcernError: &mongo.WriteConcernError{Code: 123456}},
		"write concern of many":        mongo.BulkWriteException{WriteConcernError: &mongo.WriteConcernError{Code: 91}},
		"write concern and taken":      mongo.BulkWriteException{WriteErrors: duplicate(), WriteConcernError: &mongo.WriteConcernError{Code: 91}},
		"one of many has no primary":   mongo.BulkWriteException{WriteErrors: []mongo.BulkWriteError{{WriteError: mongo.WriteError{Code: 10107}}}},
		"a label of retryable writes":  mongo.WriteException{Labels: []string{"RetryableWriteError"}},
		"a code under another message": mongo.CommandError{Code: 189, Message: "anything"},
	}
	for name, code := range map[string]int32{
		"HostUnreachable": 6, "HostNotFound": 7, "NetworkTimeout": 89, "SocketException": 9001, "NetworkInterfaceExceededTimeLimit": 202,
		"ConnectionPoolExpired": 317, "ConnectionError": 384, "PooledConnectionAcquisitionExceededTimeLimit": 407,
		"ShutdownInProgress": 91, "InterruptedAtShutdown": 11600, "Interrupted": 11601, "InterruptedDueToReplStateChange": 11602,
		"PrimarySteppedDown": 189, "NotWritablePrimary": 10107, "NotPrimaryNoSecondaryOk": 13435, "NotPrimaryOrSecondary": 13436, "LegacyNotPrimary": 10058,
		"FailedToSatisfyReadPreference": 133, "ReadConcernMajorityNotAvailableYet": 134,
		"CursorNotFound": 43, "CursorKilled": 237, "QueryPlanKilled": 175, "ClientDisconnect": 279, "InterruptedDueToStorageChange": 355,
		"MaxTimeMSExpired": 50, "ExceededTimeLimit": 262, "LockTimeout": 24, "LockBusy": 46, "WriteConflict": 112, "TemporarilyUnavailable": 365,
		"WriteConcernTimeout": 64, "UnknownReplWriteConcern": 79, "UnsatisfiableWriteConcern": 100,
		"StaleConfig": 13388, "StaleDbVersion": 249, "OutOfDiskSpace": 14031, "Unauthorized": 13, "AuthenticationFailed": 18, "InternalError": 1,
	} {
		passing[name] = mongo.CommandError{Code: code, Name: name}
		passing[name+" of one document"] = mongo.WriteException{WriteErrors: mongo.WriteErrors{{Code: int(code)}}}
	}
	for name, err := range passing {
		if got := translate(err); !errors.Is(got, problem.ErrUnavailable) || !strings.Contains(got.Error(), err.Error()) {
			t.Errorf("%s is %v", name, got)
		}
	}

	lasting := map[string]error{
		"taken":                               mongo.WriteException{WriteErrors: mongo.WriteErrors{{Code: 11000}}},
		"one of many taken":                   mongo.BulkWriteException{WriteErrors: duplicate()},
		"a document that no writer can write": mongo.MarshalError{Value: make(chan int), Err: errors.New("no encoder found")},
	}
	for name, code := range map[string]int32{"BadValue": 2, "FailedToParse": 9, "TypeMismatch": 14, "CommandNotFound": 59, "InvalidNamespace": 73,
		"IndexOptionsConflict": 85, "IndexKeySpecsConflict": 86, "DocumentValidationFailure": 121, "QueryExceededMemoryLimitNoDiskUseAllowed": 292,
		"BSONObjectTooLarge": 10334, "unknown field": 40415} {
		lasting[name] = mongo.CommandError{Code: code, Name: name}
	}
	for name, err := range lasting {
		if got := translate(err); errors.Is(got, problem.ErrUnavailable) {
			t.Errorf("%s is %v", name, got)
		}
	}
	unconfirmed := mongo.WriteException{WriteErrors: mongo.WriteErrors{{Code: 11000}}, WriteConcernError: &mongo.WriteConcernError{Code: 64}}
	if taken(unconfirmed) || !errors.Is(translate(unconfirmed), problem.ErrUnavailable) || !taken(lasting["taken"]) {
		t.Error("a value that no majority has is taken")
	}
	if translate(nil) != nil {
		t.Error("nothing became an error")
	}
}

func duplicate() []mongo.BulkWriteError {
	return []mongo.BulkWriteError{{WriteError: mongo.WriteError{Code: 11000}}}
}

package mongodb

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"

	"lopban/courses/problem"
)

// translate gives an error of the driver its kind. What the server refuses as wrong is a fault of the program and stays
// as it is; everything else is a database that cannot be reached, or cannot promise what it was asked to.
func translate(err error) error {
	if err == nil {
		return nil
	}
	var refused mongo.ServerError
	if errors.As(err, &refused) && !mongo.IsTimeout(err) && !mongo.IsNetworkError(err) && !passing(refused) {
		return err
	}
	if unwritable := (mongo.MarshalError{}); errors.As(err, &unwritable) {
		return err
	}
	return fmt.Errorf("%w: %w", problem.ErrUnavailable, err)
}

// taken says that an id or a unique value was found in use, and that a majority has what uses it.
func taken(err error) bool {
	var w mongo.WriteException
	return mongo.IsDuplicateKeyError(err) && !(errors.As(err, &w) && w.WriteConcernError != nil)
}

// passing says whether a refusal is one of the moment: no primary, a shutdown, too few members that hold the write.
func passing(err mongo.ServerError) bool {
	for _, label := range []string{"RetryableWriteError", "RetryableError", "SystemOverloadedError", "TransientTransactionError"} {
		if err.HasErrorLabel(label) {
			return true
		}
	}
	// No server said it: the driver makes such an error of its own, when a pool was cleared because another operation
	// failed.
	if said := (mongo.CommandError{}); errors.As(err, &said) && said.Code == 0 {
		return true
	}
	for _, code := range passingCodes {
		if err.HasErrorCode(code) {
			return true
		}
	}
	var w mongo.WriteException
	var b mongo.BulkWriteException
	return errors.As(err, &w) && w.WriteConcernError != nil || errors.As(err, &b) && b.WriteConcernError != nil
}

// passingCodes are the refusals that say nothing of what was asked for, by the classes of MongoDB's list of errors
// (src/mongo/base/error_codes.yml).
var passingCodes = []int{
	10107, 13435, 13436, 10058, 189, 11602, 133, 134, 149, 216, 94, 95, // no primary, or not yet one that may promise
	91, 11600, 333, 90, 310, 372, 303, 354, 398, // shutting down
	6, 7, 89, 9001, 202, 317, 384, 407, 450, 145, 172, 71, 199, 230, // the network among the members
	// interrupted, locked, out of time
	11601, 24, 46, 50, 107, 208, 237, 43, 175, 143, 314, 262, 279, 281, 282, 290, 355,
	112, 239, 246, 250, 272, 365, 402, 412, 433, 449, 264, // conflict, pressure
	63, 150, 13388, 249, 343, 406, 109, 308, // shards and members on the move
	64, 75, 79, 100, // write concern not met
	276, 278, 285, // an index is being built, or its members are away
	13, 18, 391, 8000, 371, // not allowed in, or not to write: an operator must look
	14031, // out of disk
	1, 8,  // the server's own fault: so a gateway says it whose database has died
}

// cause is why no server was found, as an operator looks for it: what the last try at each member ended with, without
// the driver's list of everything it knows.
func cause(err error) string {
	var none topology.ServerSelectionError
	if !errors.As(err, &none) {
		return err.Error()
	}
	var said []string
	for _, member := range none.Desc.Servers {
		if member.LastError != nil && !slices.Contains(said, member.LastError.Error()) {
			said = append(said, member.LastError.Error())
		}
	}
	switch {
	case said != nil:
		return strings.Join(said, "; ")
	case none.Desc.SetName != "":
		return fmt.Sprintf("no primary is known of a replica set named %q", none.Desc.SetName)
	}
	return err.Error()
}

// hidden is what is said of an address, without the name and the password in it.
func hidden(text, uri string) string {
	_, rest, _ := strings.Cut(uri, "://")
	at := strings.LastIndex(rest, "@")
	if at < 0 {
		return text
	}
	_, password, _ := strings.Cut(rest[:at], ":")
	plain, err := url.PathUnescape(password)
	if err != nil {
		plain = password
	}
	for _, secret := range []string{rest[:at], password, plain} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "…")
		}
	}
	return text
}

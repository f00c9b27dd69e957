package mongodb

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"lopban/courses/store"
)

func TestDatabaseName(t *testing.T) {
	for uri, want := range map[string]string{
		"mongodb://localhost":                          "lopban",
		"mongodb://localhost/":                         "lopban",
		"mongodb://localhost/?replicaSet=a/b":          "lopban",
		"mongodb://localhost?x=a/b":                    "lopban",
		"mongodb://a:1,b:2/region?replicaSet=x":        "region",
		"mongodb+srv://u:p%2Fq@cluster.example/region": "region",
		"mongodb://%2Ftmp%2Fmongodb.sock/region":       "region",
		"mongodb://localhost/th%C6%B0":                 "thư",
		"nothing":                                      "lopban",
	} {
		if got := databaseName(uri); got != want {
			t.Errorf("%s names %q, want %q", uri, got, want)
		}
	}
}

func FuzzDatabaseName(f *testing.F) {
	f.Add("mongodb://user:pass@a:1,b:2/name?replicaSet=x")
	f.Add("mongodb://%zz/%zz")
	f.Add("://?/")
	f.Fuzz(func(t *testing.T, uri string) {
		if name := databaseName(uri); name == "" || len(name) > len(uri)+len(defaultDatabase) {
			t.Errorf("%q names %q", uri, name)
		}
	})
}

func TestSettingsKeepThePromises(t *testing.T) {
	for _, uri := range []string{
		"mongodb://localhost/x",
		"mongodb://localhost/x?w=0&journal=false&readConcernLevel=local&readPreference=secondary&serverSelectionTimeoutMS=60000",
		"mongodb://localhost/x?timeoutMS=0",
	} {
		o := settings(uri)
		if err := o.Validate(); err != nil {
			t.Fatal(err)
		}
		if o.WriteConcern.W != "majority" || !*o.WriteConcern.Journal || o.ReadConcern.Level != "majority" || o.ReadPreference.Mode().String() != "primary" {
			t.Errorf("%s: writes %+v, reads %+v %v", uri, o.WriteConcern, o.ReadConcern, o.ReadPreference)
		}
		if *o.ServerSelectionTimeout > 5*time.Second || *o.Timeout > 5*time.Second {
			t.Errorf("%s: waits %v for a server and %v for an answer", uri, *o.ServerSelectionTimeout, *o.Timeout)
		}
	}
	if got := *settings("mongodb://localhost/?serverSelectionTimeoutMS=700").ServerSelectionTimeout; got != 700*time.Millisecond {
		t.Errorf("a shorter wait became %v", got)
	}
}

// A unique index has its field alone: an id behind it in the order would make the server sort every document it found.
// Another has the id once, where its kind says so or at its end.
func TestOrdersAreThoseOfIndexes(t *testing.T) {
	k := &store.Kind{Name: "certificate", Unique: []string{"register"}, Indexes: [][]string{{"person"}, {"commune", "id", "until"}}}
	for order, want := range map[string]string{
		"register": `{"doc.register":-1}`, "person": `{"doc.person":-1,"_id":-1}`, "commune": `{"doc.commune":-1,"_id":-1}`,
		"id": `{"_id":-1}`, "": `{"_id":-1}`,
	} {
		sort := byOrder(k, order, -1)
		got, err := bson.MarshalExtJSON(sort, false, false)
		if err != nil || string(got) != want {
			t.Errorf("the order %q is %s, %v", order, got, err)
		}
		if order == "" || order == "id" {
			continue
		}
		given := false
		for _, i := range indexes(k) {
			keys := i.keys()
			given = given || (len(keys) == len(sort) || !i.unique) && keys[0].Key == sort[0].Key && keys[len(sort)-1].Key == sort[len(sort)-1].Key
		}
		if !given {
			t.Errorf("no index gives the order %s", got)
		}
	}
}

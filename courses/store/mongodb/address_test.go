package mongodb

import (
	"testing"
	"time"
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

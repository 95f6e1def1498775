"""All still pictures of stored runs, with what no record holds computed anew: `gradparity plot`."""

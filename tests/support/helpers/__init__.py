"""What integration tests of whole commands share: a clone that ships, its lab, and a watch on processes."""

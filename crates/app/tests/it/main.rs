//! Stories of the program, on real databases.

mod demo;

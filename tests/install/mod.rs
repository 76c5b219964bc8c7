//! `hooks`: what it does to the settings, and what it never does.

mod aside;
mod attributes;
mod cli;
mod doctor;

mod files;
mod gate;
pub mod home;
mod installing;
mod owner;
mod race;
mod real;
mod refused;
mod scripts;
mod service;
mod shared;
mod uninstall;
mod upkeep;
mod versions;
mod wrapped;
mod writers;

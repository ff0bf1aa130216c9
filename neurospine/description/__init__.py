"""Files become objects: units, parameters, references, models and protocols."""

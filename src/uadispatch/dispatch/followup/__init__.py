"""After the try: services are asked or give back, people do their tasks."""
